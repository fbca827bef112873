import { isCoffreError } from '@coffre/foundation'
import { type HealAction, heal, type Repository } from '@coffre/repository'
import { pathOf } from '@coffre/storage'
import { requestOf } from '../jobs/job-request.ts'
import type { Finish } from './backup-job.ts'
import type { JobRun } from './job-run.ts'
import { lookForTampering, type Tampering } from './look-for-tampering.ts'
import { openVault } from './open-vault.ts'
import { alone, beside } from './vault-turns.ts'
import type { WorkerParts } from './worker-parts.ts'

/** So many of the findings are named in the job's log. */
const namedMax = 100

/**
 * Looks for what was done to a vault behind Coffre's back, beside others that work in it, and brings back what can be brought back, alone
 * in it. What was found stays in the job's result, also when all of it was mended: an alarm is made of it until a later look finds nothing.
 */
export async function runHealJob(parts: WorkerParts, run: JobRun): Promise<Finish> {
  const { mends } = requestOf('HEAL', run.job)
  await using vault = await openVault(parts, run.job.vaultId, 'keeper', run.signal)
  const { repository, row } = vault
  const isLeaving = await leavingSnapshots(parts, row.id)
  const found = await beside(repository, run, (signal) => lookForTampering(repository, isLeaving, signal))
  for (const { path, kind } of found.slice(0, namedMax)) await run.log('warning', `${path} is ${kind}`)
  const { mended, obstacle } = mends && found.some(({ isCurable }) => isCurable) ? await mend(repository, run) : nothingMended
  for (const { file, cure } of mended.slice(0, namedMax)) await run.log('info', `${pathOf(file)} was brought back: ${cure}`)
  const left = found.length - mended.length
  const result = { found: found.length, mended: mended.length, left: Math.max(0, left), kinds: countKinds(found) }
  // Storage that keeps locks is asked; elsewhere nothing can be told.
  const storageLocks = repository.backend.objectLock !== undefined
  const commit: Finish['commit'] = async (transaction) => {
    await transaction.updateTable('vault').set({ storageLocks }).where('id', '=', row.id).execute()
  }
  if (left <= 0) return { event: 'done', result, commit }
  const message = obstacle ?? `${left} files or locks of the vault are not as they should be`
  return { event: 'partial', message, result, commit }
}

interface Mending {
  readonly mended: readonly HealAction[]
  /** Why no more was. */
  readonly obstacle?: string
}

const nothingMended: Mending = { mended: [] }

async function mend(repository: Repository, run: JobRun): Promise<Mending> {
  const actions: HealAction[] = []
  const onAction = (action: HealAction): void => void actions.push(action)
  const mended = (): readonly HealAction[] => actions.filter(({ cure }) => cure !== 'none')
  try {
    await alone(repository, run, (signal) => heal(repository, { dryRun: false, onAction }, signal))
    return { mended: mended() }
  } catch (error) {
    // To look was possible: what was found must be told whether or not it can be mended now.
    if (!isCoffreError(error, 'repository.locked', 'storage.permission', 'storage.locked')) throw error
    return { mended: mended(), obstacle: `what was found could not be mended: ${error.message}` }
  }
}

function countKinds(found: readonly Tampering[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(found, ({ kind }) => kind)].map(([kind, own]) => [kind, own.length]))
}

/** What Coffre itself is removing is not missing. */
async function leavingSnapshots({ catalogue }: WorkerParts, vaultId: string): Promise<(snapshotId: string) => boolean> {
  const rows = await catalogue
    .selectFrom('point')
    .select('snapshotId')
    .where('vaultId', '=', vaultId)
    .where('state', '=', 'DELETING')
    .where('deletionDate', 'is', null)
    .execute()
  const leaving = new Set(rows.map(({ snapshotId }) => snapshotId))
  return (snapshotId) => leaving.has(snapshotId)
}
