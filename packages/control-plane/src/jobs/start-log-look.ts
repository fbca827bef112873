import { CoffreError, hourMs } from '@coffre/foundation'
import { objectMissing } from '../catalogue/object-missing.ts'
import { findSourceRow } from '../sources/source-view.ts'
import type { NewJob } from './job-store.ts'
import { type KnownLog, knownLogs, microsecondsOf, noLog } from './log-wish.ts'
import { machineFor } from './machine-for.ts'
import type { StartParts } from './start-backup.ts'

interface Look {
  readonly projectId: string
  readonly source: string
  readonly createdBy: string
}

interface TimelineLook extends Look {
  readonly vault: string | undefined
  readonly since: string | undefined
  readonly until: string | undefined
}

/** Somebody waits for it, and nothing is moved. */
const lookPriority = 20

/** Makes a job that lists what there is of a log; the newest one unless a vault is named. */
export async function startTimeline(parts: StartParts, look: TimelineLook): Promise<string> {
  const logs = await logsOf(parts, look)
  const log =
    look.vault === undefined ? logs[0] : logs.find(({ vaultId, vaultName }) => [vaultId, vaultName].includes(look.vault ?? ''))
  if (log === undefined) throw objectMissing('vault', look.vault ?? '')
  return create(parts, look, log, { machine: machineOf(parts, log), ...mapOf(look, log, parts.context.clock.nowMs()) })
}

function mapOf({ since, until }: TimelineLook, { engine }: KnownLog, nowMs: number): object {
  if (since === undefined && until === undefined) return {}
  const untilUs = until === undefined ? nowMs * 1000 : microsecondsOf(until)
  const sinceUs = since === undefined ? untilUs - hourMs * 1000 : microsecondsOf(since)
  if (sinceUs < untilUs) return { map: { engine, sinceUs, untilUs } }
  throw new CoffreError('usage.invalid', `${since} is not before ${until ?? 'now'}`, {
    hint: 'Give the earlier time as `--since`.',
  })
}

async function logsOf({ catalogue }: StartParts, { projectId, source }: Look): Promise<readonly KnownLog[]> {
  const logs = await knownLogs(catalogue, projectId, source)
  if (logs.length > 0) return logs
  const known = await findSourceRow(catalogue, projectId, source)
  throw known === undefined ? objectMissing('source', source) : noLog(known.name)
}

function machineOf({ machine }: StartParts, { vaultLocation }: KnownLog): string | null {
  return machineFor(machine, { location: vaultLocation })
}

async function create(
  { catalogue, store }: StartParts,
  { projectId, createdBy }: Look,
  { accountLabel, regionLabel, sourceId, sourceName, vaultId, vaultName }: KnownLog,
  request: object,
): Promise<string> {
  const about = { projectId, accountLabel, regionLabel, sourceId, sourceName, vaultId, vaultName }
  const job: NewJob = {
    ...about,
    kind: 'TIMELINE' as const,
    request: JSON.stringify(request),
    createdBy,
    priority: lookPriority,
    attemptsMax: 3,
  }
  const id = await catalogue.transaction().execute((transaction) => store.create(job, transaction))
  if (id === undefined) throw new Error('a job without an occurrence was taken for a repeated one')
  return id
}
