/** CRC-32C (Castagnoli, reflected 0x82F63B78), eight bytes at a step: what PostgreSQL guards each record with. */
const tables = makeTables()
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables

export const crc32cStart = 0xffff_ffff | 0

/** Takes in `bytes` from `from` up to `to`. Begin with `crc32cStart`; `crc32cEnd` makes the result. */
export function crc32cUpdate(crc: number, bytes: Uint8Array, from: number, to: number): number {
  let value = crc
  let at = from
  for (const last = to - 7; at < last; at += 8) {
    const low = value ^ byte(bytes, at) ^ (byte(bytes, at + 1) << 8) ^ (byte(bytes, at + 2) << 16) ^ (byte(bytes, at + 3) << 24)
    value =
      entry(t7, low & 0xff) ^
      entry(t6, (low >>> 8) & 0xff) ^
      entry(t5, (low >>> 16) & 0xff) ^
      entry(t4, low >>> 24) ^
      entry(t3, byte(bytes, at + 4)) ^
      entry(t2, byte(bytes, at + 5)) ^
      entry(t1, byte(bytes, at + 6)) ^
      entry(t0, byte(bytes, at + 7))
  }
  for (; at < to; at++) value = entry(t0, (value ^ byte(bytes, at)) & 0xff) ^ (value >>> 8)
  return value
}

export function crc32cEnd(crc: number): number {
  return ~crc >>> 0
}

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = new Int32Array(256)
  for (let index = 0; index < 256; index++) {
    let value = index
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    first[index] = value
  }
  const next = (table: Int32Array) => table.map((value) => entry(first, value & 0xff) ^ (value >>> 8))
  const second = next(first)
  const third = next(second)
  const fourth = next(third)
  const fifth = next(fourth)
  const sixth = next(fifth)
  const seventh = next(sixth)
  return [first, second, third, fourth, fifth, sixth, seventh, next(seventh)]
}

// The indices are in range by construction: the fallback only satisfies the type.
function entry(table: Int32Array, index: number): number {
  return table[index] ?? 0
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}
