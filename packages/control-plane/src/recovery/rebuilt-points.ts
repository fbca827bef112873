import { labelsOf } from '@coffre/engine'
import type { Context } from '@coffre/foundation'
import type { StoredSnapshot } from '@coffre/repository'
import type { Transaction } from 'kysely'
import type { Database } from '../catalogue/database.ts'
import { newHexId, newId } from '../catalogue/new-id.ts'
import type { JobRequest } from '../jobs/job-request.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { machineFor } from '../jobs/machine-for.ts'
import { isCatalogueSnapshot } from './catalogue-archive.ts'
import { insertTags } from './insert-tags.ts'
import type { PointRecord } from './point-record.ts'
import type { RebuiltPolicy } from './rebuilt-policy.ts'
import type { RebuiltVault } from './rebuilt-vaults.ts'

export interface RebuiltPoints {
  /** Of the points, by snapshot. */
  readonly ids: ReadonlyMap<string, string>
  /** How many of them the vault's documents did not know. */
  readonly byTags: number
}

interface PointParts {
  readonly context: Context
  readonly store: JobStore
  readonly machine: string
}

const rowsAtOnce = 500

/** Makes a point of every snapshot of a vault that has none: as its documents say or, of those that are newer, its tags. */
export async function insertPoints(
  parts: PointParts,
  vault: RebuiltVault,
  policy: RebuiltPolicy,
  within: Transaction<Database>,
  there: ReadonlySet<string> = new Set(),
): Promise<RebuiltPoints> {
  const { records, snapshots, state } = vault.found
  const known = new Map(records.points.map((point) => [point.snapshotId, point]))
  const points = snapshots
    .filter((snapshot) => isPoint(snapshot) && !there.has(snapshot.id))
    .map((snapshot) => known.get(snapshot.id) ?? pointOfTags(parts.context, vault, policy, snapshot))
  for (let at = 0; at < points.length; at += rowsAtOnce) {
    const rows = points.slice(at, at + rowsAtOnce).map((point) => rowOf(point, vault, policy, state.points.get(point.snapshotId)))
    await within.insertInto('point').values(rows).execute()
  }
  for (const { id, tags } of points)
    await insertTags(within, { projectId: vault.projectId, objectKind: 'point', objectId: id, tags })
  for (const point of points) if (point.verification === 'PENDING') await verify(parts, vault, point, within)
  return {
    ids: new Map(points.map(({ id, snapshotId }) => [snapshotId, id])),
    byTags: points.filter(({ snapshotId }) => !known.has(snapshotId)).length,
  }
}

/** A backup of the catalogue is none of a source; a day of log belongs to its stream, which finds it in the vault. */
function isPoint(snapshot: StoredSnapshot): boolean {
  return !isCatalogueSnapshot(snapshot) && labelsOf(snapshot.tags).kind === undefined
}

function rowOf({ tags: _tags, ...point }: PointRecord, vault: RebuiltVault, { ids }: RebuiltPolicy, lockedMs = 0) {
  const kept = (id: string | null): string | null => (id !== null && ids.has(id) ? id : null)
  const lockMs = Math.max(point.lockUntil?.getTime() ?? 0, lockedMs)
  return {
    ...point,
    projectId: vault.projectId,
    vaultId: vault.id,
    vaultName: vault.name,
    // Whoever was removing it is gone: retention decides anew.
    state: point.state === 'DELETING' || point.state === 'CREATING' ? ('COMPLETED' as const) : point.state,
    sourceId: kept(point.sourceId),
    planId: kept(point.planId),
    planVersionId: kept(point.planVersionId),
    ruleId: kept(point.ruleId),
    lockUntil: lockMs === 0 ? null : new Date(lockMs),
    lifecycle: JSON.stringify(point.lifecycle),
  }
}

/** All that the tags of a snapshot tell. Where they name no rule that there still is, the point stays until somebody deletes it. */
function pointOfTags(context: Context, vault: RebuiltVault, policy: RebuiltPolicy, snapshot: StoredSnapshot): PointRecord {
  const labels = labelsOf(snapshot.tags)
  const sourceName = labels.source ?? snapshot.hostname ?? 'unknown'
  const named = policy.ruleNamed(vault.projectId, labels.plan ?? '', labels.rule ?? '')
  // A copy lives by what its copy action says, which its tags do not tell.
  const rule = named?.targetVault === vault.name ? named : undefined
  const at = new Date(snapshot.time)
  const { summary } = snapshot
  return {
    id: newId(context),
    hexId: newHexId(context),
    snapshotId: snapshot.id,
    accountLabel: vault.accountLabel,
    regionLabel: vault.regionLabel,
    sourceId: labels.source === undefined ? null : (policy.sourceNamed(vault.projectId, labels.source) ?? null),
    sourceName,
    engine: labels.engine ?? 'files',
    state: labels.state === 'partial' ? 'PARTIAL' : 'COMPLETED',
    message: null,
    initiatedAt: at,
    createdAt: at,
    completedAt: summary === undefined ? at : new Date(summary.backupEnd),
    consistentAt: at,
    sizeBytes: summary?.totalBytesProcessed ?? 0,
    storedBytes: summary?.dataAddedPacked ?? null,
    items: summary?.totalFilesProcessed ?? null,
    verification: 'PENDING',
    verifiedAt: null,
    quarantine: labels.state === 'suspect' ? 'what was read is damaged in the source itself' : null,
    lifecycle: { ...rule?.lifecycle },
    keepLevels: [],
    keepZone: rule?.timeZone ?? 'UTC',
    deleteAt: null,
    moveToColdAt: null,
    lockUntil: null,
    storageClass: 'WARM',
    isOnDemand: labels.rule === undefined,
    description: null,
    planId: rule?.planId ?? null,
    planName: labels.plan ?? null,
    planVersionId: rule?.versionId ?? null,
    ruleId: rule?.id ?? null,
    ruleName: labels.rule ?? null,
    ruleSchedule: null,
    ruleTimeZone: rule?.timeZone ?? null,
    tags: ownTags(snapshot),
  }
}

/** The tags that somebody gave. Those that the catalogue could not hold stay in the snapshot alone. */
function ownTags({ tags = [] }: StoredSnapshot): Record<string, string> {
  const pairs = tags
    .filter((tag) => !tag.startsWith('coffre:'))
    .map((tag) => [tag.split('=', 1)[0] ?? '', tag.includes('=') ? tag.slice(tag.indexOf('=') + 1) : ''] as const)
  return Object.fromEntries(pairs.filter(([key, value]) => key.length > 0 && key.length <= 128 && value.length <= 256))
}

/** What was not verified before the catalogue was lost is verified now. */
async function verify({ store, machine }: PointParts, vault: RebuiltVault, point: PointRecord, within: Transaction<Database>) {
  const { projectId, accountLabel, regionLabel, id: vaultId, name: vaultName } = vault
  const place = machineFor(machine, vault.found)
  const request: JobRequest<'VERIFY'> = { machine: place, pointId: point.id, read: 'sample' }
  const about = { projectId, accountLabel, regionLabel, vaultId, vaultName, sourceName: point.sourceName }
  const order = { kind: 'VERIFY', request: JSON.stringify(request), createdBy: 'system:rebuild', priority: -20 } as const
  await store.create({ ...about, ...order }, within)
}
