import { createCipheriv, createDecipheriv } from 'node:crypto'
import { CoffreError, type Random } from '@coffre/foundation'
import type { MasterKey } from './master-key.ts'

const nonceBytes = 12
const tagBytes = 16

/** Seals secrets for the catalogue: AES-256-GCM, the secret's id and purpose authenticated with it, so that rows cannot be exchanged. */
export class SecretBox {
  readonly keyId: string
  readonly #key: Buffer
  readonly #random: Random

  constructor({ id, bytes }: MasterKey, random: Random) {
    this.keyId = id
    this.#key = bytes
    this.#random = random
  }

  seal(id: string, purpose: string, secret: Uint8Array): Buffer {
    const nonce = Buffer.from(this.#random.bytes(nonceBytes))
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(contextOf(id, purpose))
    return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  }

  open(id: string, purpose: string, keyId: string, sealed: Uint8Array): Buffer {
    if (keyId !== this.keyId) throw cannotOpen(`it was sealed with the key ${keyId}, this server has ${this.keyId}`)
    if (sealed.length < nonceBytes + tagBytes) throw cannotOpen('it is cut short')
    const body = sealed.subarray(nonceBytes, sealed.length - tagBytes)
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, nonceBytes))
      .setAAD(contextOf(id, purpose))
      .setAuthTag(sealed.subarray(sealed.length - tagBytes))
    try {
      return Buffer.concat([decipher.update(body), decipher.final()])
    } catch (error) {
      throw cannotOpen('it fails its authentication', error)
    }
  }
}

function contextOf(id: string, purpose: string): Buffer {
  return Buffer.from(`coffre secret\0${id}\0${purpose}`)
}

function cannotOpen(reason: string, cause?: unknown): CoffreError {
  return new CoffreError('secret.unreadable', `a stored secret cannot be opened: ${reason}`, {
    hint: 'Put back the master key from the server kit, or enter the credentials again.',
    cause,
  })
}
