import { argon2 } from 'node:crypto'
import { CoffreError, type Random } from '@coffre/foundation'
import { isSameHash } from './tokens.ts'

interface Cost {
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
}

/** OWASP's first choice for Argon2id (Password Storage Cheat Sheet). Raising it makes old hashes be renewed at their next use. */
const passwordCost: Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 }

const saltBytes = 16
const hashBytes = 32
/** 19 MiB and half a core each: more at once would starve what else the server does. */
const atOnceMax = 2
const waitingMax = 32

/** Passwords as Argon2id hashes in PHC form: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */
export class PasswordHasher {
  readonly #random: Random
  readonly #cost: Cost
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(random: Random, cost: Cost = passwordCost) {
    this.#random = random
    this.#cost = cost
  }

  async hash(password: string): Promise<string> {
    const salt = Buffer.from(this.#random.bytes(saltBytes))
    return format({ cost: this.#cost, salt, hash: await this.#derive(password, salt, this.#cost) })
  }

  /** Takes the same time when there is nothing to compare with, as for a user who does not exist. */
  async verify(password: string, stored: string | null | undefined): Promise<boolean> {
    const { cost, salt, hash } = parse(stored ?? undefined) ?? this.#nobody()
    const derived = await this.#derive(password, salt, cost)
    return isSameHash(derived, hash)
  }

  needsRehash(stored: string): boolean {
    const cost = parse(stored)?.cost
    return cost === undefined || Object.entries(this.#cost).some(([key, value]) => cost[key as keyof Cost] !== value)
  }

  /** An empty hash: equal to none. */
  #nobody(): Stored {
    return { cost: this.#cost, salt: Buffer.alloc(saltBytes), hash: Buffer.alloc(0) }
  }

  async #derive(password: string, nonce: Buffer, { memoryKib: memory, passes, parallelism }: Cost): Promise<Buffer> {
    await this.#enter()
    try {
      const parameters = { message: normalized(password), nonce, parallelism, tagLength: hashBytes, memory, passes }
      return await new Promise((resolve, reject) =>
        argon2('argon2id', parameters, (error, derived) => (error === null ? resolve(derived) : reject(error))),
      )
    } finally {
      this.#leave()
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < atOnceMax) {
      this.#running++
      return
    }
    if (this.#waiting.length >= waitingMax)
      throw new CoffreError('auth.locked', 'too many sign-ins at once', { hint: 'Wait a few seconds and try again.' })
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Who waits takes over the place, so that nobody slips in between. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running--
    else next()
  }
}

interface Stored {
  readonly cost: Cost
  readonly salt: Buffer
  readonly hash: Buffer
}

/** The same password typed on two keyboards may differ in its bytes; NIST SP 800-63B, 5.1.1.2 asks for a normal form. */
function normalized(password: string): string {
  return password.normalize('NFKC')
}

function format({ cost: { memoryKib, passes, parallelism }, salt, hash }: Stored): string {
  const [saltText, hashText] = [salt, hash].map((bytes) => bytes.toString('base64').replaceAll('=', ''))
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${saltText}$${hashText}`
}

function parse(text: string | undefined): Stored | undefined {
  const found = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(text ?? '')
  if (found === null) return undefined
  const [, memory, passes, parallelism, salt = '', hash = ''] = found
  const cost = { memoryKib: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  return { cost, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}
