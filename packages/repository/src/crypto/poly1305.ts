/**
 * Poly1305 (RFC 8439, section 2.5) in plain JavaScript: the number 2^130 - 5 in ten limbs of 13 bits, so that every product of
 * two limbs and the sum of ten of them stay below 2^53. `key` is r followed by s; r is clamped here.
 */
export function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = limbsOf(clamped(key.subarray(0, 16)), 0, 0)
  const h = new Float64Array(10)
  const block = new Uint8Array(17)
  for (let at = 0; at < message.length; at += 16) {
    const length = Math.min(16, message.length - at)
    block.fill(0)
    block.set(message.subarray(at, at + length))
    block[length] = 1
    const m = limbsOf(block, 0, 1)
    for (let i = 0; i < 10; i++) h[i] = (h[i] ?? 0) + (m[i] ?? 0)
    multiply(h, r)
  }
  return finish(h, key.subarray(16, 32))
}

function clamped(r: Uint8Array): Uint8Array {
  const out = Uint8Array.from(r)
  for (const i of [3, 7, 11, 15]) out[i] = (out[i] ?? 0) & 0x0f
  for (const i of [4, 8, 12]) out[i] = (out[i] ?? 0) & 0xfc
  return out
}

function limbsOf(bytes: Uint8Array, offset: number, extra: number): Float64Array {
  const limbs = new Float64Array(10)
  const bits = (16 + extra) * 8
  for (let i = 0; i < 10; i++) {
    const from = i * 13
    let value = 0
    for (let byte = from >> 3; byte <= (from + 12) >> 3; byte++) {
      if (byte * 8 < bits) value |= (bytes[offset + byte] ?? 0) << ((byte - (from >> 3)) * 8)
    }
    limbs[i] = (value >>> (from & 7)) & 0x1fff
  }
  return limbs
}

/** h = h * r mod 2^130 - 5, limbs carried back below 2^13 (the last a little above). */
function multiply(h: Float64Array, r: Float64Array): void {
  const d = new Float64Array(10)
  for (let i = 0; i < 10; i++) {
    let sum = 0
    for (let j = 0; j < 10; j++) {
      const k = i - j
      sum += (h[j] ?? 0) * (k >= 0 ? (r[k] ?? 0) : 5 * (r[k + 10] ?? 0))
    }
    d[i] = sum
  }
  let carry = 0
  for (let i = 0; i < 10; i++) {
    const sum = (d[i] ?? 0) + carry
    carry = Math.floor(sum / 8192)
    h[i] = sum - carry * 8192
  }
  h[0] = (h[0] ?? 0) + carry * 5
  carry = Math.floor((h[0] ?? 0) / 8192)
  h[0] = (h[0] ?? 0) - carry * 8192
  h[1] = (h[1] ?? 0) + carry
}

function finish(h: Float64Array, s: Uint8Array): Uint8Array {
  const prime = (1n << 130n) - 5n
  let value = 0n
  for (let i = 9; i >= 0; i--) value = (value << 13n) + BigInt(h[i] ?? 0)
  let pad = 0n
  for (let i = 15; i >= 0; i--) pad = (pad << 8n) | BigInt(s[i] ?? 0)
  let tag = (value % prime) + pad
  const out = new Uint8Array(16)
  for (let i = 0; i < 16; i++) {
    out[i] = Number(tag & 0xffn)
    tag >>= 8n
  }
  return out
}
