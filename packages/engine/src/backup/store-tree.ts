import type { TreeSelection } from '@coffre/connector'
import { type ByteString, CoffreError } from '@coffre/foundation'
import {
  type ArchiveCounts,
  backup,
  backupDefaults,
  cacheFolderMarker,
  type LocalFiles,
  PatternList,
  type Selection,
  selectByRules,
} from '@coffre/repository'
import { SkippedItems } from '../skipped-items.ts'
import type { BackupSource } from './backup-request.ts'
import { type BackupWork, labelled, type StoredWork, stateOf } from './stored-work.ts'

/** Stores files of this machine, under their absolute paths. Roots that are not there are skipped; without any there is no point. */
export async function storeTree(
  work: BackupWork,
  { connector, config }: Extract<BackupSource, { kind: 'tree' }>,
  signal: AbortSignal,
): Promise<StoredWork> {
  const { session, request, index, meter } = work
  const { context } = session.repository
  const chosen = connector.select(config)
  const skipped = new SkippedItems()
  const roots = presentRoots(chosen.roots, context.files, skipped)
  const { parent } = work.options
  const totalBytes = parent?.summary?.totalBytesProcessed
  let counts: ArchiveCounts | undefined
  let doneItems = 0
  const tick = (): void => meter.update({ doneBytes: counts?.totalBytesProcessed ?? 0, totalBytes, doneItems })
  const result = await backup(
    session.repository,
    index,
    roots,
    {
      ...backupDefaults(context),
      ...labelled(work, connector.engine, undefined, () => stateOf(skipped, [])),
      excludes: chosen.excludes,
      selection: without(request.excludedPaths ?? [], selectionOf(chosen, roots, context.files)),
      onError: (path, error) => skipped.add(path, error),
      onItem: () => {
        doneItems++
        tick()
      },
      onPackStored: tick,
      onStart: (live) => {
        counts = live
        meter.enter('transferring', { doneBytes: 0, totalBytes, doneItems: 0 })
      },
    },
    signal,
  )
  if (result.snapshotId === undefined) throw new Error('the backup ended without a point')
  meter.finish(counts?.totalBytesProcessed ?? 0, doneItems)
  return { pointId: result.snapshotId, state: stateOf(skipped, []), manifest: undefined, skipped, findings: [] }
}

function presentRoots(roots: readonly ByteString[], files: LocalFiles, skipped: SkippedItems): ByteString[] {
  const present = roots.filter((root) => files.statusIfThere(root) !== undefined)
  for (const root of roots) if (!present.includes(root)) skipped.add(root, 'it is not there')
  if (present.length > 0) return present
  throw new CoffreError(
    'source.missing',
    `there is nothing to store: ${roots.join(', ')} ${roots.length === 1 ? 'is' : 'are'} not there`,
    {
      hint: 'No point was made. Is the file system mounted, and does the worker run on the right machine?',
    },
  )
}

function selectionOf(chosen: TreeSelection, roots: readonly ByteString[], files: LocalFiles): Selection {
  const excludes = new PatternList(chosen.excludes, 'excludes')
  const rules = {
    excludes: excludes.isEmpty ? [] : [excludes],
    folderMarkers: chosen.excludesCaches ? [cacheFolderMarker] : [],
    fileBytesMax: chosen.excludeLargerThanBytes,
    oneFileSystem: chosen.staysOnFileSystem,
  }
  // A marker that does not look as it should excludes nothing.
  return selectByRules(rules, roots, files, () => undefined)
}

/** Whole paths, not patterns: a folder's name may hold what would be one. */
function without(excluded: readonly ByteString[], selection: Selection): Selection {
  if (excluded.length === 0) return selection
  const paths = new Set(excluded)
  return {
    filters: true,
    includesName: (path) => !paths.has(path) && selection.includesName(path),
    includes: (path, status) => selection.includes(path, status),
  }
}
