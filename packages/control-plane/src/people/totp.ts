import { createHmac } from 'node:crypto'
import { isSameHash } from './tokens.ts'

const stepMs = 30_000
const digits = 6
/** Clocks differ, and people type slowly (RFC 6238, 5.2). */
const stepsAround = 1
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 6238 with what every application understands: SHA-1, 30 seconds, six digits. */
function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0x0f
  const value = mac.readUInt32BE(offset) & 0x7fffffff
  return String(value % 10 ** digits).padStart(digits, '0')
}

function totpStep(nowMs: number): number {
  return Math.floor(nowMs / stepMs)
}

/** The step that the code belongs to, later than `afterStep` and next to now; undefined when it belongs to none. */
export function matchTotp(secret: Uint8Array, code: string, nowMs: number, afterStep: number): number | undefined {
  const now = totpStep(nowMs)
  let matched: number | undefined
  // All are compared, whichever matches.
  for (let step = now - stepsAround; step <= now + stepsAround; step++)
    if (isSameHash(Buffer.from(totpCode(secret, step)), Buffer.from(code)) && step > afterStep) matched ??= step
  return matched
}

/** RFC 4648, without padding, as applications want it typed. */
export function base32(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

/** What the QR code for an application holds. */
export function totpUri(secret: Uint8Array, userName: string): string {
  const label = `Coffre:${encodeURIComponent(userName)}`
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=Coffre&algorithm=SHA1&digits=${digits}&period=${stepMs / 1000}`
}
