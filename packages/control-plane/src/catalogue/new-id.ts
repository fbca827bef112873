import type { Context } from '@coffre/foundation'

/** A UUID of version 7 (RFC 9562): random, and in the order of making, so that indexes stay compact. */
export function newId({ clock, random }: Context): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(clock.nowMs(), 0, 6)
  bytes.set(random.bytes(10), 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** The second id, 24 hexadecimal digits that begin with the second of making. */
export function newHexId({ clock, random }: Context): string {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(Math.floor(clock.nowMs() / 1000), 0)
  bytes.set(random.bytes(8), 4)
  return bytes.toString('hex')
}
