import { isDeepStrictEqual } from 'node:util'
import type { Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { lockPolicyOf } from '../vaults/lock-policy.ts'
import type { FoundVault } from './find-vault.ts'
import { knownPolicy } from './known-policy.ts'
import { RebuiltHolds } from './rebuilt-holds.ts'
import { insertPoints } from './rebuilt-points.ts'
import { newestPolicies } from './rebuilt-policy.ts'

interface CompareParts {
  readonly store: JobStore
  readonly context: Context
  readonly machine: string
}

export interface Compared {
  /** Points that the catalogue did not know yet. */
  readonly added: number
  /** Points that Coffre has removed from the vault since. */
  readonly gone: number
}

/**
 * Brings what an older catalogue knows of a vault up to what the vault itself says: its place, its lock, points that came and went,
 * holds that came. Undefined when the catalogue has no such vault.
 */
export async function compareVault(
  parts: CompareParts,
  found: FoundVault,
  within: Transaction<Database>,
): Promise<Compared | undefined> {
  const row = await within
    .selectFrom('vault')
    .selectAll()
    .where('repositoryId', '=', found.repository.config.id)
    .where('deletionDate', 'is', null)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { id, name, projectId, accountLabel, regionLabel } = row
  const { lock, retired } = found.state
  const asked = lock === undefined || isDeepStrictEqual(lock, lockPolicyOf(row)) ? {} : lockColumns(lock)
  await within
    .updateTable('vault')
    .set({ location: found.location, ...asked })
    .where('id', '=', id)
    .execute()
  const points = await within
    .selectFrom('point')
    .select(['id', 'snapshotId'])
    .where('vaultId', '=', id)
    .where('deletionDate', 'is', null)
    .execute()
  const gone = points.filter(({ snapshotId }) => retired.has(snapshotId))
  const deletionDate = new Date(parts.context.clock.nowMs())
  for (const point of gone)
    await within.updateTable('point').set({ state: 'EXPIRED', deletionDate }).where('id', '=', point.id).execute()
  const vault = { id, name, projectId, accountLabel, regionLabel, found }
  const known = new Map(points.map((point) => [point.snapshotId, point.id]))
  const made = await insertPoints(parts, vault, await knownPolicy(within), within, new Set(known.keys()))
  await addHolds(parts, vault, new Map([...known, ...made.ids]), within)
  return { added: made.ids.size, gone: gone.length }
}

async function addHolds(
  { context }: CompareParts,
  vault: Parameters<RebuiltHolds['bind']>[0],
  pointIds: ReadonlyMap<string, string>,
  within: Transaction<Database>,
): Promise<void> {
  const rows = await within.selectFrom('hold').select(['id', 'recordName']).where('projectId', '=', vault.projectId).execute()
  const ids = new Set(rows.map(({ id }) => id))
  const policies = newestPolicies([vault.found.records])
    .filter(({ project }) => project.id === vault.projectId)
    .map((policy) => ({ ...policy, holds: policy.holds.filter(({ id }) => !ids.has(id)) }))
  const holds = new RebuiltHolds(context, policies, within)
  await holds.bind(vault, pointIds, new Set(rows.map(({ id, recordName }) => recordName ?? id)))
  await holds.settle()
}

function lockColumns({ mode, days, daysMax }: NonNullable<FoundVault['state']['lock']>) {
  return { lockMode: mode, minRetentionDays: days, maxRetentionDays: daysMax }
}
