import { type Context, minuteMs } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import { lagMsOf, listStreams, type StreamRow } from '../streams/stream-view.ts'
import type { Trouble } from './trouble.ts'

/** A seal every two seconds, a mark every second: whoever is so late is late. */
const lagMsMax = 30_000
/** A gap that is closed by itself within seconds is told of all the same: what it swallowed stays lost. */
const closedGapMs = 10 * minuteMs

/** Logs that are not captured as they should be: late, with a gap that no base has closed yet, or not at all. */
export async function streamTroubles(catalogue: Catalogue, { clock }: Context, projectId: string): Promise<Trouble[]> {
  const nowMs = clock.nowMs()
  const rows = (await listStreams(catalogue, projectId, nowMs)).filter(({ state }) => state !== 'STOPPED')
  const worst = new Map<string, Trouble>()
  for (const row of rows) {
    for (const { kind, message, severity } of troublesOf(row, nowMs)) {
      // One alarm of a kind for each source, also when its log goes to several vaults.
      const key = `${kind} ${row.sourceId}`
      const known = worst.get(key)
      const about = { projectId, kind, subjectKind: 'source', subjectId: row.sourceId } as const
      const isCritical = severity === 'critical' || known?.severity === 'critical'
      const both = known === undefined ? message : `${known.message}; ${message}`
      worst.set(key, { ...about, severity: isCritical ? 'critical' : 'warning', message: both })
    }
  }
  return [...worst.values()]
}

type StreamTrouble = Pick<Trouble, 'message' | 'severity'> & { readonly kind: 'capture.lag' | 'capture.gap' | 'capture.failed' }

function troublesOf(row: StreamRow, nowMs: number): StreamTrouble[] {
  const what = `the log of ${row.sourceName} in vault ${row.vaultName}`
  const because = row.errorMessage === null ? '' : `: ${row.errorMessage}`
  const troubles: StreamTrouble[] = []
  const severity = 'critical'
  if (row.state === 'GAP') troubles.push({ kind: 'capture.gap', severity, message: `${what} has a gap${because}` })
  else if (row.gapAt !== null && row.isBaseNeeded) {
    const message = `${what} has a gap since ${row.gapAt.toISOString()}, until the base that is being made is there`
    troubles.push({ kind: 'capture.gap', severity, message })
  } else if (row.gapAt !== null && nowMs - row.gapAt.getTime() < closedGapMs) {
    const message = `${what} had a gap at ${row.gapAt.toISOString()}; a new base has closed it, and the timeline shows what is lost`
    troubles.push({ kind: 'capture.gap', severity: 'warning', message })
  }
  // What is tried again passes mostly before anybody has read of it.
  const silentMs = nowMs - (row.sealedAt ?? row.createdAt).getTime()
  const isFailing = row.state === 'RETRYING' || row.failedAt !== null
  if (isFailing && silentMs > lagMsMax)
    troubles.push({ kind: 'capture.failed', severity, message: `${what} is not captured${because}` })
  const lagMs = Math.max(lagMsOf(row, nowMs) ?? 0, silentMs)
  if (lagMs > lagMsMax) {
    const message = `${what} is ${Math.round(lagMs / 1000)} s behind: what came since cannot be restored${because}`
    troubles.push({ kind: 'capture.lag', severity, message })
  }
  return troubles
}
