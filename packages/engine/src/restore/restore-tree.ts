import type { Finding } from '@coffre/connector'
import { type ByteString, CoffreError } from '@coffre/foundation'
import {
  applyMetadata,
  BlobReader,
  findNode,
  type LocalFiles,
  type Node,
  type RestoreCounts,
  Restorer,
  type StoredSnapshot,
} from '@coffre/repository'
import type { OpenedPoint } from '../open-point.ts'
import type { ProgressMeter } from '../progress.ts'
import { SkippedItems } from '../skipped-items.ts'
import type { VaultSession } from '../vault-session.ts'
import type { RestoreOutcome, RestoreRun } from './restore-request.ts'

/** What of the snapshot goes to the target, and where that lies in it. */
interface Layout {
  readonly tree: string
  /** '' for the whole; the path of the folder otherwise. */
  readonly place: ByteString
  /** The folder itself, whose metadata the target is given. */
  readonly folder?: Node
  /** The only entry of the tree that is wanted. */
  readonly onlyName?: ByteString
}

/**
 * Lays a point's files out in a folder: the content of its one root directly, with the root's own metadata on the folder; several
 * roots under their absolute paths.
 */
export async function restoreTree(
  session: VaultSession,
  { snapshot, index }: OpenedPoint,
  run: RestoreRun,
  meter: ProgressMeter,
  signal: AbortSignal,
): Promise<RestoreOutcome> {
  const { repository } = session
  const { files } = repository.context
  const target = folderOf(run)
  if (!run.overwrite) refuseFilled(target, files)
  const layout = await layoutOf(new BlobReader(repository, index), snapshot, signal)
  const skipped = new SkippedItems()
  let live: RestoreCounts | undefined
  const totalBytes = run.parts === undefined ? snapshot.summary?.totalBytesProcessed : undefined
  const tick = (): void => meter.update({ doneBytes: doneBytesOf(live), totalBytes, doneItems: live?.filesRestored ?? 0 })
  meter.enter('transferring', { doneBytes: 0, totalBytes, doneItems: 0 })
  const counts = await Restorer.restore(
    repository,
    index,
    layout.tree,
    target,
    {
      select: selectParts(layout, run.parts),
      selectAttribute: () => true,
      overwrite: 'always',
      removeOthers: false,
      sparse: true,
      dryRun: false,
      verify: run.verify,
      onError: (location, error) => skipped.add(layout.place + location, error),
      onItem: tick,
      onStart: (started) => {
        live = started
      },
    },
    signal,
  )
  if (layout.folder !== undefined)
    for (const error of applyMetadata(layout.folder, target, files, {})) skipped.add(layout.place, error)
  const { filesRestored, bytesRestored, bytesSkipped } = counts
  meter.finish(bytesRestored + bytesSkipped, filesRestored)
  const report = { target: run.target, counts: { files: filesRestored, bytes: bytesRestored + bytesSkipped }, notes: [] }
  const findings: Finding[] = []
  return {
    state: skipped.count > 0 ? 'partial' : 'complete',
    pointId: snapshot.id,
    stop: undefined,
    report,
    findings,
    skipped: skipped.named,
    skippedCount: skipped.count,
  }
}

function folderOf({ target }: RestoreRun): ByteString {
  if (target.kind === 'folder') return target.path
  throw new CoffreError('usage.invalid', 'files can be restored to a folder only', {
    hint: 'Name a folder on the machine of the worker.',
  })
}

function refuseFilled(target: ByteString, files: LocalFiles): void {
  const status = files.statusIfThere(target)
  if (status === undefined || (status.type === 'dir' && files.readDirectory(target).length === 0)) return
  throw new CoffreError('target.not-empty', `there is something at ${target} already`, {
    hint: 'Nothing was changed. Choose an empty folder, or allow what is there to be overwritten.',
  })
}

async function layoutOf(reader: BlobReader, { tree, paths }: StoredSnapshot, signal: AbortSignal): Promise<Layout> {
  const [path, ...others] = paths
  if (path === undefined || others.length > 0) return { tree, place: '' }
  const node = await findNode(reader, tree, path, signal).catch(ifPathMissing)
  if (node === undefined) return { tree, place: '' }
  if (node.type === 'dir' && node.subtree !== undefined) return { tree: node.subtree, place: path, folder: node }
  const above = path.slice(0, path.lastIndexOf('/'))
  const parent = await findNode(reader, tree, above, signal)
  return { tree: parent?.subtree ?? tree, place: above, onlyName: node.name }
}

/** The point of an engine says a path that is none of its tree. */
function ifPathMissing(error: unknown): undefined {
  if (!(error instanceof CoffreError) || error.code !== 'snapshot.path-missing') throw error
}

function selectParts({ place, onlyName }: Layout, parts: readonly ByteString[] | undefined) {
  return (location: ByteString): { readonly selected: boolean; readonly childMayBeSelected: boolean } => {
    if (onlyName !== undefined && location !== `/${onlyName}`) return { selected: false, childMayBeSelected: false }
    if (parts === undefined) return { selected: true, childMayBeSelected: true }
    const path = place + location
    const selected = parts.some((part) => path === part || path.startsWith(`${part}/`))
    return { selected, childMayBeSelected: selected || parts.some((part) => part.startsWith(`${path}/`)) }
  }
}

function doneBytesOf(counts: RestoreCounts | undefined): number {
  return counts === undefined ? 0 : counts.bytesRestored + counts.bytesSkipped
}
