import type { Context } from '@coffre/foundation'
import { sql, type Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { type AuditRecord, type ChainBreak, ChainVerifier, chainStart, hashAudit } from './audit-chain.ts'

/** What happened, before it has its place in the log. */
export type AuditEvent = Omit<AuditRecord, 'number' | 'at'>

export interface AuditVerdict {
  /** Entries that were looked at. */
  readonly entries: number
  /** The last entry's hash, in hexadecimal: what an anchor must agree with. */
  readonly head: string
  readonly breakCount: number
  /** The first hundred. */
  readonly breaks: readonly ChainBreak[]
}

/** Held while an entry finds its place: entries are in one order, whatever the number of servers. */
const lockNumber = 0x436f6666
const batchEntries = 1000

/** The hash-chained log of every action. What is in it stays: the table refuses changes, and the chain shows those made beneath it. */
export class AuditLog {
  readonly #catalogue: Catalogue
  readonly #context: Context

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  /** Adds an entry, within the transaction of the action itself where there is one: then both happen, or neither. */
  async append(event: AuditEvent, within?: Transaction<Database>): Promise<number> {
    if (within === undefined) return this.#catalogue.transaction().execute((transaction) => this.#append(event, transaction))
    return this.#append(event, within)
  }

  async #append(event: AuditEvent, transaction: Transaction<Database>): Promise<number> {
    await sql`select pg_advisory_xact_lock(${lockNumber})`.execute(transaction)
    const last = await transaction
      .selectFrom('auditEntry')
      .select(['number', 'hash'])
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst()
    const record = { ...event, number: (last?.number ?? 0) + 1, at: new Date(this.#context.clock.nowMs()) }
    const previousHash = last?.hash ?? chainStart
    const hash = hashAudit(previousHash, record)
    await transaction
      .insertInto('auditEntry')
      .values({ ...record, detail: JSON.stringify(record.detail), previousHash, hash })
      .execute()
    return record.number
  }

  /** Follows the whole chain. Entries that come meanwhile are not looked at. */
  async verify(signal: AbortSignal): Promise<AuditVerdict> {
    const verifier = new ChainVerifier()
    const { rows } = await sql<{ last: number | null }>`select max(number) as last from audit_entry`.execute(this.#catalogue)
    const last = rows[0]?.last ?? 0
    let entries = 0
    for (let after = 0; after < last; ) {
      signal.throwIfAborted()
      const batch = await this.#batch(after, last)
      for (const { previousHash, hash, ...record } of batch)
        verifier.add({ record: { ...record, detail: record.detail as Readonly<Record<string, unknown>> }, previousHash, hash })
      entries += batch.length
      after = batch.at(-1)?.number ?? last
    }
    const { breakCount, breaks } = verifier
    return { entries, head: Buffer.from(verifier.hash).toString('hex'), breakCount, breaks }
  }

  #batch(after: number, last: number) {
    return this.#catalogue
      .selectFrom('auditEntry')
      .selectAll()
      .where('number', '>', after)
      .where('number', '<=', last)
      .orderBy('number')
      .limit(batchEntries)
      .execute()
  }
}
