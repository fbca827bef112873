import type { ByteString } from '@coffre/foundation'
import { goJsonBytes, goJsonString } from './go-json.ts'
import { bytesField, parseJsonObject, stringOf, timestampOf, wholeNumberOf } from './json-fields.ts'
import type { Timestamp } from './node.ts'

/** A key file's content: the master key, encrypted with a key derived from a password; design.rst, section "Keys, Encryption and MAC". */
export interface KeyContent {
  readonly created: Timestamp
  readonly username: ByteString
  readonly hostname: ByteString
  readonly kdf: string
  readonly scryptN: number
  readonly scryptR: number
  readonly scryptP: number
  readonly salt: Uint8Array
  readonly data: Uint8Array
}

export function encodeKey(key: KeyContent): Buffer {
  const { created, username, hostname, kdf, scryptN, scryptR, scryptP, salt, data } = key
  return Buffer.from(
    `{"created":"${created}","username":${goJsonString(username)},"hostname":${goJsonString(hostname)},"kdf":${goJsonString(kdf)},` +
      `"N":${scryptN},"r":${scryptR},"p":${scryptP},"salt":${goJsonBytes(salt)},"data":${goJsonBytes(data)}}`,
  )
}

export function decodeKey(content: Uint8Array): KeyContent {
  const what = 'a key file'
  const raw = parseJsonObject(content, what)
  return {
    created: timestampOf(raw['created'], what),
    username: stringOf(raw['username'], what),
    hostname: stringOf(raw['hostname'], what),
    kdf: stringOf(raw['kdf'], what),
    scryptN: wholeNumberOf(raw['N'], what),
    scryptR: wholeNumberOf(raw['r'], what),
    scryptP: wholeNumberOf(raw['p'], what),
    salt: bytesField(raw['salt'], what),
    data: bytesField(raw['data'], what),
  }
}
