/**
 * File names are bytes, JavaScript strings are not. A byte string holds a name exactly: valid UTF-8 as itself, and each byte that
 * is not part of valid UTF-8 as the lone surrogate U+DC00 + byte (U+DC80 to U+DCFF), which no valid UTF-8 decodes to. Joining,
 * splitting at '/', comparing for equality and looking up in a Map therefore work on names of any bytes.
 */
export type ByteString = string

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const needsCare = /[\ud800-\udfff]|[\ue000-\uffff]/

export function byteStringFrom(bytes: Uint8Array): ByteString {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return decodeWithEscapes(bytes)
  }
}

export function bytesOf(text: ByteString): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8')
  const parts: Buffer[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(at + 1))) {
      at++
    } else if (unit >= 0xdc80 && unit <= 0xdcff) {
      parts.push(Buffer.from(text.slice(start, at), 'utf8'), Buffer.of(unit - 0xdc00))
      start = at + 1
    }
  }
  parts.push(Buffer.from(text.slice(start), 'utf8'))
  return Buffer.concat(parts)
}

/** Orders byte strings as their bytes are ordered, which is how restic orders names. */
export function compareByteStrings(a: ByteString, b: ByteString): number {
  if (needsCare.test(a) || needsCare.test(b)) return Buffer.compare(bytesOf(a), bytesOf(b))
  return a < b ? -1 : a > b ? 1 : 0
}

function decodeWithEscapes(bytes: Uint8Array): ByteString {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = validSequenceLength(bytes, at)
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
      at++
    } else {
      text += strictDecoder.decode(bytes.subarray(at, at + length))
      at += length
    }
  }
  return text
}

/** The length of the well-formed UTF-8 sequence that begins at `at`, or 0 (RFC 3629, section 4). */
function validSequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const length = sequenceLength(first)
  if (length === 0 || at + length > bytes.length) return 0
  const [low, high] = secondByteRange(first)
  const second = bytes[at + 1] ?? 0
  if (second < low || second > high) return 0
  for (let i = 2; i < length; i++) {
    const next = bytes[at + i] ?? 0
    if (next < 0x80 || next > 0xbf) return 0
  }
  return length
}

/** The length that the first byte of a longer sequence announces, or 0 when it begins none. */
function sequenceLength(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0
}

/** Narrower after some first bytes: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
function secondByteRange(first: number): readonly [low: number, high: number] {
  if (first === 0xe0) return [0xa0, 0xbf]
  if (first === 0xed) return [0x80, 0x9f]
  if (first === 0xf0) return [0x90, 0xbf]
  return first === 0xf4 ? [0x80, 0x8f] : [0x80, 0xbf]
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
