import { type ScryptOptions, scrypt } from 'node:crypto'
import { CoffreError } from '@coffre/foundation'
import type { MasterKey } from '../crypto/sealer.ts'
import type { ScryptCost } from './repository-context.ts'

const keyBytes = 64

/** What scrypt may be asked to spend by a key file that a stranger wrote: 1 GiB. */
const memoryBytesMax = 1 << 30

/** The key that a password gives: 32 bytes for AES-256, then k and r of the MAC. */
export async function deriveKey(password: Uint8Array, salt: Uint8Array, cost: ScryptCost): Promise<MasterKey> {
  const memoryBytes = 128 * cost.n * cost.r + 128 * cost.r * cost.p
  if (!(memoryBytes <= memoryBytesMax)) {
    throw new CoffreError(
      'repository.damaged',
      `a key file asks for scrypt with N=${cost.n}, r=${cost.r}, p=${cost.p}, more than 1 GiB`,
    )
  }
  const options: ScryptOptions = { N: cost.n, r: cost.r, p: cost.p, maxmem: memoryBytes + (1 << 20) }
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
  return masterKeyFrom(bytes)
}

export function masterKeyFrom(bytes: Uint8Array): MasterKey {
  return { encrypt: bytes.slice(0, 32), macK: bytes.slice(32, 48), macR: bytes.slice(48, 64) }
}

/** The JSON that a key file seals. */
export function encodeMasterKey(key: MasterKey): Buffer {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return Buffer.from(JSON.stringify({ mac: { k: text(key.macK), r: text(key.macR) }, encrypt: text(key.encrypt) }))
}

export function decodeMasterKey(json: Uint8Array): MasterKey {
  const parsed = JSON.parse(Buffer.from(json).toString('utf8')) as { mac?: { k?: string; r?: string }; encrypt?: string }
  const bytes = (text: string | undefined, length: number): Uint8Array => {
    const value = Buffer.from(text ?? '', 'base64')
    if (value.length !== length)
      throw new CoffreError('repository.damaged', `a master key has ${value.length} bytes where ${length} belong`)
    return Uint8Array.from(value)
  }
  return { encrypt: bytes(parsed.encrypt, 32), macK: bytes(parsed.mac?.k, 16), macR: bytes(parsed.mac?.r, 16) }
}
