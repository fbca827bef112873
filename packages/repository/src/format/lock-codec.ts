import type { ByteString } from '@coffre/foundation'
import { goJsonString } from './go-json.ts'
import { damaged, parseJsonObject, stringOf, timestampOf, wholeNumberOf } from './json-fields.ts'
import type { Timestamp } from './node.ts'

/** A lock file's content; design.rst, section "Locks". */
export interface LockContent {
  readonly time: Timestamp
  readonly exclusive: boolean
  readonly hostname: ByteString
  readonly username: ByteString
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

export function encodeLock(lock: LockContent): Buffer {
  const { time, exclusive, hostname, username, pid, uid, gid } = lock
  let json = `{"time":"${time}","exclusive":${exclusive},"hostname":${goJsonString(hostname)},"username":${goJsonString(username)},"pid":${pid}`
  if (uid !== 0) json += `,"uid":${uid}`
  if (gid !== 0) json += `,"gid":${gid}`
  return Buffer.from(`${json}}`)
}

export function decodeLock(content: Uint8Array): LockContent {
  const what = 'a lock'
  const raw = parseJsonObject(content, what)
  const exclusive = raw['exclusive'] ?? false
  if (typeof exclusive !== 'boolean') throw damaged(what, 'whether it is exclusive is neither true nor false')
  return {
    time: timestampOf(raw['time'], what),
    exclusive,
    hostname: stringOf(raw['hostname'], what),
    username: stringOf(raw['username'], what),
    pid: wholeNumberOf(raw['pid'], what),
    uid: wholeNumberOf(raw['uid'], what),
    gid: wholeNumberOf(raw['gid'], what),
  }
}
