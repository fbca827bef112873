import { hourMs } from '@coffre/foundation'
import type { VaultDocument } from '@coffre/repository'
import { z } from 'zod'
import type { Catalogue } from '../catalogue/database.ts'
import { isoInstant } from '../recovery/record-fields.ts'
import type { ChainBreak } from './audit-chain.ts'

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/)

const anchorSchema = z.object({
  /** The hash of the log's first entry: which log it is an anchor of. */
  log: hashSchema,
  number: z.int().positive(),
  hash: hashSchema,
  at: isoInstant,
})

/** What the log's end was at some time, kept where whoever can change the log cannot: a chain alone does not show that its end is gone. */
export type AuditAnchor = z.output<typeof anchorSchema>

const documentName = 'audit anchors'
const anchorsMax = 1000
const pauseMs = hourMs
const documentSchema = z.object({ anchors: z.array(anchorSchema) })

export function anchorsDocument(anchors: readonly AuditAnchor[]): VaultDocument {
  return { name: documentName, content: { anchors } }
}

/** The anchors among a vault's documents, the oldest first. */
export function anchorsOf(documents: readonly VaultDocument[]): readonly AuditAnchor[] {
  const found = documents.find(({ name }) => name === documentName)
  return found === undefined ? [] : documentSchema.parse(found.content).anchors
}

/** With one of the log as it is now, unless the last one is recent. */
export async function withNewAnchor(
  catalogue: Catalogue,
  anchors: readonly AuditAnchor[],
  at: Date,
): Promise<readonly AuditAnchor[]> {
  const last = anchors.at(-1)
  if (last !== undefined && at.getTime() - last.at.getTime() < pauseMs) return anchors
  const entries = catalogue.selectFrom('auditEntry').select(['number', 'hash'])
  const first = await entries.orderBy('number').limit(1).executeTakeFirst()
  const head = await entries.orderBy('number', 'desc').limit(1).executeTakeFirst()
  if (first === undefined || head === undefined) return anchors
  const anchor = { log: first.hash.toString('hex'), number: head.number, hash: head.hash.toString('hex'), at }
  return [...anchors, anchor].slice(-anchorsMax)
}

/**
 * Where the log does not agree with its anchors. Those of another log are borne when this one begins with a rebuild that came after
 * them: the log of a lost server is lost with it. So is what a log that was restored from a backup does not have.
 */
export async function compareAnchors(catalogue: Catalogue, anchors: readonly AuditAnchor[]): Promise<ChainBreak[]> {
  if (anchors.length === 0) return []
  const columns = ['number', 'hash', 'operation', 'at'] as const
  const entries = catalogue.selectFrom('auditEntry').select(columns)
  const first = await entries.orderBy('number').limit(1).executeTakeFirst()
  const log = first?.hash.toString('hex')
  const rebuiltMs = first?.operation === 'catalogue.rebuild' ? first.at.getTime() : Number.NEGATIVE_INFINITY
  const restored = await entries.where('operation', '=', 'catalogue.restore').execute()
  const isLost = (anchor: AuditAnchor): boolean => restored.some(({ number, at }) => anchor.number >= number && anchor.at <= at)
  const own = anchors.filter((anchor) => anchor.log === log && !isLost(anchor))
  const isReplaced = anchors.some((anchor) => anchor.log !== log && anchor.at.getTime() > rebuiltMs)
  const numbers = [...new Set(own.map(({ number }) => number))]
  const there = numbers.length === 0 ? [] : await entries.where('number', 'in', numbers).execute()
  const hashes = new Map(there.map(({ number, hash }) => [number, hash.toString('hex')]))
  const breaks = own.flatMap(({ number, hash }): ChainBreak[] => {
    const found = hashes.get(number)
    if (found === undefined) return [{ number, problem: 'truncated' }]
    return found === hash ? [] : [{ number, problem: 'rewritten' }]
  })
  const unique = new Map(breaks.map((found) => [found.number, found]))
  return [...(isReplaced ? [{ number: 1, problem: 'replaced' } as const] : []), ...unique.values()]
}
