import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '@coffre/foundation'
import { isLoopback, parseAddress } from './addresses.ts'
import { hashToken, isSameHash, newToken } from './tokens.ts'

const localCredentialFile = 'local-credential'
const prefix = 'coffre-local_'

/** Lets whoever can read the state folder in, from the same machine. */
export class LocalCredential {
  readonly #hash: Buffer

  private constructor(token: string) {
    this.#hash = hashToken(token)
  }

  /** Writes a new token, readable for its owner only; the one before is void. Done at each start of the server. */
  static async renew(stateFolder: string, random: Random): Promise<LocalCredential> {
    const token = `${prefix}${newToken(random)}`
    const path = join(stateFolder, localCredentialFile)
    const partial = `${path}.${Buffer.from(random.bytes(4)).toString('hex')}`
    const file = await open(partial, 'wx', 0o600)
    try {
      await file.writeFile(`${token}\n`)
    } finally {
      await file.close()
    }
    await rename(partial, path)
    return new LocalCredential(token)
  }

  static isToken(text: string): boolean {
    return text.startsWith(prefix)
  }

  /** Right, and from this machine. */
  accepts(token: string, address: string | undefined): boolean {
    const parsed = address === undefined ? undefined : parseAddress(address)
    const isRight = isSameHash(hashToken(token), this.#hash)
    return isRight && parsed !== undefined && isLoopback(parsed)
  }
}
