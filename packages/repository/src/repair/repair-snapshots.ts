import { refuseHeldSnapshots } from '../forget/forget-snapshots.ts'
import type { Id } from '../format/node.ts'
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts'
import { type Held, nothingHeld } from '../prune/held.ts'
import { removeFiles } from '../prune/remove-files.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { BlobWriter } from '../repository/blob-writer.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots, saveSnapshot } from '../snapshots/snapshots.ts'
import { type TreeRepair, TreeRepairer, treeId } from './tree-repairer.ts'

export interface RepairSnapshotsOptions {
  /** Which snapshots to look at; all that can be read unless given. */
  readonly snapshots?: readonly StoredSnapshot[]
  /** Remove the broken snapshots once their replacements are stored. */
  readonly forget?: boolean
  readonly dryRun?: boolean
  readonly held?: Held
  /** Told of a problem in the first snapshot that has it. */
  readonly onRepair?: (snapshot: StoredSnapshot, repair: TreeRepair) => void
  readonly onProgress?: (snapshotsDone: number, snapshotsTotal: number) => void
}

export interface RepairedSnapshot {
  readonly snapshot: StoredSnapshot
  /** The replacement; undefined when nothing of the snapshot could be saved, or with a dry run. */
  readonly replacement?: Id
  /** Its root cannot be read: nothing is left of it. */
  readonly isHopeless: boolean
  readonly isRemoved: boolean
}

/** Marks replacements that stand beside their originals, as restic does. */
const repairedTag = 'repaired'

interface Draft {
  readonly snapshot: StoredSnapshot
  /** Undefined when the root is lost. */
  readonly tree: Id | undefined
}

/**
 * Makes, for each snapshot that refers to something lost, a new one that does not. The caller holds an exclusive lock, and has
 * repaired the index. Originals go only with `forget`, after all replacements are durable; a replacement that an earlier run
 * made is used again. Resolves to the snapshots that were broken.
 */
export async function repairSnapshots(
  repository: Repository,
  options: RepairSnapshotsOptions,
  signal: AbortSignal,
): Promise<RepairedSnapshot[]> {
  const all = await listSnapshots(repository, signal, () => undefined)
  const drafts =
    options.dryRun === true ? await examine(repository, all, options, signal) : await rewrite(repository, all, options, signal)
  const removes = options.forget === true
  if (removes)
    refuseHeldSnapshots(
      drafts.map(({ snapshot }) => snapshot.id),
      options.held ?? nothingHeld,
    )
  const isDry = options.dryRun === true
  const repaired: RepairedSnapshot[] = []
  for (const draft of drafts) {
    const replacement =
      isDry || draft.tree === undefined
        ? undefined
        : await saveReplacement(repository, all, draft.snapshot, draft.tree, removes, signal)
    const isHopeless = draft.tree === undefined
    repaired.push({
      snapshot: draft.snapshot,
      isHopeless,
      isRemoved: removes && !isDry,
      ...(replacement === undefined ? {} : { replacement }),
    })
  }
  if (removes && !isDry)
    await removeFiles(
      repository,
      'snapshot',
      drafts.map(({ snapshot }) => snapshot.id),
      undefined,
      signal,
    )
  return repaired
}

async function examine(
  repository: Repository,
  all: readonly StoredSnapshot[],
  options: RepairSnapshotsOptions,
  signal: AbortSignal,
): Promise<Draft[]> {
  const index = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
  const reader = new BlobReader(repository, index)
  return draftAll(all, options, (onRepair) => new TreeRepairer(index, reader, async (content) => treeId(content), onRepair), signal)
}

async function rewrite(
  repository: Repository,
  all: readonly StoredSnapshot[],
  options: RepairSnapshotsOptions,
  signal: AbortSignal,
): Promise<Draft[]> {
  repository.assertWritable()
  const index = await loadIndex(repository, { trustOnlyListedPacks: true }, signal)
  const reader = new BlobReader(repository, index)
  const write = {
    level: 3,
    canCompress: true,
    verification: 'all',
    contentCut: { kind: 'gear', secret: new Uint8Array(32) },
  } as const
  await using writer = new BlobWriter(repository, index, write, signal)
  const store = async (content: Buffer): Promise<Id> => {
    await writer.drained()
    return writer.addTree(content).id
  }
  const drafts = await draftAll(all, options, (onRepair) => new TreeRepairer(index, reader, store, onRepair), signal)
  await writer.finish()
  return drafts
}

async function draftAll(
  all: readonly StoredSnapshot[],
  options: RepairSnapshotsOptions,
  newRepairer: (onRepair: (repair: TreeRepair) => void) => TreeRepairer,
  signal: AbortSignal,
): Promise<Draft[]> {
  const snapshots = options.snapshots ?? all
  const drafts: Draft[] = []
  let current: StoredSnapshot | undefined
  const repairer = newRepairer((repair) => current && options.onRepair?.(current, repair))
  for (const [number, snapshot] of snapshots.entries()) {
    current = snapshot
    const tree = await repairer.repair(snapshot.tree, '/', signal)
    if (tree !== snapshot.tree) drafts.push({ snapshot, tree })
    options.onProgress?.(number + 1, snapshots.length)
  }
  return drafts
}

async function saveReplacement(
  repository: Repository,
  all: readonly StoredSnapshot[],
  snapshot: StoredSnapshot,
  tree: Id,
  removesOriginal: boolean,
  signal: AbortSignal,
): Promise<Id> {
  const earlier = all.find((other) => other.original === snapshot.id && other.tree === tree)
  if (earlier !== undefined) return earlier.id
  const { id, tags = [], ...rest } = snapshot
  const newTags = removesOriginal || tags.includes(repairedTag) ? tags : [...tags, repairedTag]
  const replacement: Snapshot = { ...rest, tree, original: id, ...(newTags.length > 0 ? { tags: newTags } : {}) }
  return saveSnapshot(repository, replacement, signal)
}
