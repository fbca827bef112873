import { createHash } from 'node:crypto'

/** What an entry of the audit log says. */
export interface AuditRecord {
  readonly number: number
  readonly at: Date
  readonly orgId: string
  readonly projectId: string | null
  readonly principal: string
  readonly operation: string
  readonly target: string | null
  readonly outcome: 'ALLOWED' | 'DENIED' | 'FAILED'
  readonly code: string | null
  readonly detail: Readonly<Record<string, unknown>>
  readonly address: string | null
  readonly requestId: string | null
}

/** What comes before the first entry. */
export const chainStart = Buffer.alloc(32)

/** The hash of an entry: over the hash before it and every field, in a form that depends on nothing but the values. */
export function hashAudit(previous: Uint8Array, record: AuditRecord): Buffer {
  return createHash('sha256').update(previous).update(canonicalAudit(record)).digest()
}

/** Fields in a fixed order, objects with sorted keys, instants in ISO 8601. */
function canonicalAudit(record: AuditRecord): string {
  const { number, at, orgId, projectId, principal, operation, target, outcome, code, detail, address, requestId } = record
  return JSON.stringify([
    number,
    at.toISOString(),
    orgId,
    projectId,
    principal,
    operation,
    target,
    outcome,
    code,
    sorted(detail),
    address,
    requestId,
  ])
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

export interface ChainEntry {
  readonly record: AuditRecord
  readonly previousHash: Uint8Array
  readonly hash: Uint8Array
}

/**
 * Where and how a chain is broken: in itself, or since an anchor was made of it, as its end is gone, as it is another one from there
 * back, or as all of it was put in place of another log.
 */
export interface ChainBreak {
  readonly number: number
  readonly problem: 'changed' | 'missing' | 'detached' | 'truncated' | 'rewritten' | 'replaced'
}

const breaksMax = 100

/** Verifies entries in their order; `hash` and `number` of the last one become the state that the next batch goes on from. */
export class ChainVerifier {
  #hash: Uint8Array = chainStart
  #number = 0
  #breakCount = 0
  /** The first hundred: one who rewrote a long log must not fill the memory of who verifies it. */
  readonly breaks: ChainBreak[] = []

  get breakCount(): number {
    return this.#breakCount
  }

  get number(): number {
    return this.#number
  }

  get hash(): Uint8Array {
    return this.#hash
  }

  add({ record, previousHash, hash }: ChainEntry): void {
    if (record.number !== this.#number + 1) this.#note({ number: this.#number + 1, problem: 'missing' })
    else if (!Buffer.from(previousHash).equals(this.#hash)) this.#note({ number: record.number, problem: 'detached' })
    if (!hashAudit(previousHash, record).equals(hash)) this.#note({ number: record.number, problem: 'changed' })
    this.#number = record.number
    this.#hash = hash
  }

  #note(found: ChainBreak): void {
    this.#breakCount++
    if (this.breaks.length < breaksMax) this.breaks.push(found)
  }
}
