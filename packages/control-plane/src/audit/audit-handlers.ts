import {
  type AuditEntryView,
  exportAudit as exportOperation,
  listAudit as listOperation,
  verifyAudit as verifyOperation,
} from '@coffre/api-contract'
import type { Catalogue } from '../catalogue/database.ts'
import type { ApiCall } from '../http/api-call.ts'
import { defineHandler, defineStreamHandler, type Handler, type StreamEvent } from '../http/api-call.ts'
import { pageOfRows, readCursor } from '../http/page-cursor.ts'
import { invalidRequest } from '../http/request-error.ts'
import type { Grants } from '../people/grants.ts'
import { signedIn } from '../people/principal.ts'
import { holdsEverywhere } from '../people/whole-organisation.ts'
import { compareAnchors } from './audit-anchor.ts'
import type { AuditLog } from './audit-log.ts'
import { type AuditFilter, type AuditScope, listAudit } from './audit-view.ts'
import { type AnchorParts, readAnchors } from './read-anchors.ts'

export interface AuditHandlerParts extends AnchorParts {
  readonly audit: AuditLog
  readonly grants: Grants
}

/** Answers everything below /audit. */
export function auditHandlers({ catalogue, secrets, places, audit, grants }: AuditHandlerParts): readonly Handler[] {
  const scopeOf = async ({ principal, orgId, projectId }: Pick<ApiCall, 'principal' | 'orgId' | 'projectId'>) =>
    (await holdsEverywhere(grants, signedIn(principal), 'audit.read')) ? { orgId } : { orgId, projectId }
  return [
    defineHandler(listOperation, async (call) => {
      const { after, limit, ...filter } = call.query
      const [number] = readCursor(after, ['number']) ?? []
      const range = { after: number === undefined ? undefined : Number(number), limit: limit + 1 }
      const rows = await listAudit(catalogue, await scopeOf(call), filter, { ...range, order: 'newest-first' })
      return pageOfRows(rows, limit, { keyOf: (entry) => [entry.number], itemOf: (entry) => entry })
    }),
    defineStreamHandler(exportOperation, async function* (call) {
      yield* entriesAfter(catalogue, await scopeOf(call), call.query, lastNumber(call.lastEventId), call.signal)
    }),
    defineHandler(verifyOperation, async ({ signal }) => {
      const { entries, head, breakCount, breaks } = await audit.verify(signal)
      const { anchors, unread } = await readAnchors({ catalogue, secrets, places }, signal)
      const since = await compareAnchors(catalogue, anchors)
      const count = breakCount + since.length
      const named = [...since, ...breaks].slice(0, breaksNamedMax)
      const compared = { anchors: anchors.length, vaultsUnread: [...unread] }
      return { isIntact: count === 0, entries, head, breakCount: count, breaks: named, ...compared }
    }),
  ]
}

const batchEntries = 500
const breaksNamedMax = 100

async function* entriesAfter(
  catalogue: Catalogue,
  scope: AuditScope,
  filter: AuditFilter,
  begin: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent<AuditEntryView>> {
  for (let after = begin; ; ) {
    signal.throwIfAborted()
    const batch = await listAudit(catalogue, scope, filter, { after, limit: batchEntries, order: 'oldest-first' })
    for (const entry of batch) yield { id: String(entry.number), data: entry }
    if (batch.length < batchEntries) return
    after = batch.at(-1)?.number
  }
}

function lastNumber(lastEventId: string | undefined): number | undefined {
  if (lastEventId === undefined || lastEventId === '') return undefined
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId)
  throw invalidRequest([{ at: '/headers/last-event-id', message: 'is not the number of an entry' }])
}
