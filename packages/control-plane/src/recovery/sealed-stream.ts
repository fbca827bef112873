import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { CoffreError, type Random } from '@coffre/foundation'
import type { MasterKey } from '../secrets/master-key.ts'
import { ByteReader } from './byte-reader.ts'

/*
 * A line of JSON: `coffre` 1, `document`, `key` (the id of the master key), `salt`. Then pieces: the length of what is sealed as 32
 * bits, big end first, and AES-256-GCM of up to 256 KiB under HKDF-SHA256(master key, salt, the document's name). The nonce is 1 for the
 * last piece and 0 for all others in its first byte, and the number of the piece; the line is authenticated with every piece. Left out,
 * swapped, cut off or added pieces show.
 */
const document = 'catalogue-backup'
const pieceBytes = 256 * 1024
const tagBytes = 16
const saltBytes = 32
const headerBytesMax = 1000

/** Seals a stream with a key of its own, derived from the master key. */
export async function* sealStream(
  master: MasterKey,
  random: Random,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const salt = Buffer.from(random.bytes(saltBytes))
  const header = Buffer.from(`${JSON.stringify({ coffre: 1, document, key: master.id, salt: salt.toString('base64url') })}\n`)
  const key = keyOf(master, salt)
  yield header
  const reader = new ByteReader(content)
  for (let number = 0, isLast = false; !isLast; number++) {
    const piece = await reader.upTo(pieceBytes)
    isLast = await reader.isAtEnd()
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, isLast)).setAAD(header)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(piece.length + tagBytes)
    yield Buffer.concat([length, cipher.update(piece), cipher.final(), cipher.getAuthTag()])
  }
}

/**
 * What was sealed, verified piece by piece: whoever uses it before it has come to its end must be able to undo that. Rejects with
 * `secret.unreadable` when it was sealed with another key, was changed, or is cut short.
 */
export async function* openStream(master: MasterKey, sealed: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(sealed)
  const header = await reader.line(headerBytesMax)
  const { key: keyId, salt } = parseHeader(header)
  if (keyId !== master.id) throw cannotOpen(`it was sealed with the master key ${keyId}, this one is ${master.id}`)
  const key = keyOf(master, salt)
  for (let number = 0, isLast = false; !isLast; number++) {
    const length = await reader.upTo(4)
    const sealedBytes = length.length === 4 ? length.readUInt32BE() : 0
    const piece = sealedBytes < tagBytes || sealedBytes > pieceBytes + tagBytes ? undefined : await reader.upTo(sealedBytes)
    if (length.length < 4 || (piece !== undefined && piece.length < sealedBytes))
      throw cannotOpen(`it is cut short in piece ${number}`)
    if (piece === undefined) throw cannotOpen(`piece ${number} was changed`)
    isLast = await reader.isAtEnd()
    yield openPiece(key, header, piece, number, isLast)
  }
}

function openPiece(key: Buffer, header: Buffer, piece: Buffer, number: number, isLast: boolean): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, isLast))
    .setAAD(header)
    .setAuthTag(piece.subarray(piece.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(piece.subarray(0, piece.length - tagBytes)), decipher.final()])
  } catch (error) {
    throw cannotOpen(isLast ? `it was changed in piece ${number}, or is cut short after it` : `piece ${number} was changed`, error)
  }
}

function parseHeader(header: Buffer): { readonly key: string; readonly salt: Buffer } {
  try {
    const found: unknown = JSON.parse(header.toString('utf8'))
    const { coffre, document: kind, key, salt } = found as Readonly<Record<string, unknown>>
    if (coffre === 1 && kind === document && typeof key === 'string' && typeof salt === 'string')
      return { key, salt: Buffer.from(salt, 'base64url') }
  } catch (error) {
    throw cannotOpen('it does not begin as one', error)
  }
  throw cannotOpen('it is of a kind that this version does not know')
}

function keyOf(master: MasterKey, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', master.bytes, salt, `coffre ${document}`, 32))
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce[0] = isLast ? 1 : 0
  nonce.writeUInt32BE(number, 8)
  return nonce
}

function cannotOpen(reason: string, cause?: unknown): CoffreError {
  return new CoffreError('secret.unreadable', `the backup of the catalogue cannot be opened: ${reason}`, {
    hint: 'Nothing was changed. Give the kit of the server that made it; or make a new catalogue with `coffre catalogue rebuild`.',
    cause,
  })
}
