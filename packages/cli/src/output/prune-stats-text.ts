import type { PruneStats } from '@coffre/repository'
import type { Call } from '../command.ts'
import type { TextKey } from '../messages/english.ts'
import { formatBytes, formatPercent } from './amounts.ts'

/** What a prune removes and repacks, or would. */
export function printPruneStats(stats: PruneStats, isDryRun: boolean, { output, texts }: Pick<Call, 'output' | 'texts'>): void {
  const { blobs, bytes, packs } = stats
  const totalBlobs = blobs.used + blobs.unused + blobs.duplicate
  const totalBytes = bytes.used + bytes.duplicate + bytes.unused + bytes.unindexed
  const removedBlobs = blobs.remove + blobs.repackRemove
  const removedBytes = bytes.remove + bytes.repackRemove + bytes.unindexed
  const unusedAfter = bytes.duplicate + bytes.unused - bytes.remove - bytes.repackRemove
  if (output.json) {
    output.printJson({
      message_type: 'summary',
      dry_run: isDryRun,
      blobs: {
        used: blobs.used,
        duplicate: blobs.duplicate,
        unused: blobs.unused,
        remove: blobs.remove,
        repack: blobs.repack,
        repack_remove: blobs.repackRemove,
      },
      bytes: {
        used: bytes.used,
        duplicate: bytes.duplicate,
        unused: bytes.unused,
        unindexed: bytes.unindexed,
        remove: bytes.remove,
        repack: bytes.repack,
        repack_remove: bytes.repackRemove,
      },
      packs: {
        used: packs.used,
        partly_used: packs.partlyUsed,
        unused: packs.unused,
        unindexed: packs.unindexed,
        keep: packs.keep,
        repack: packs.repack,
        remove: packs.remove,
      },
      total_removed_blobs: removedBlobs,
      total_removed_bytes: removedBytes,
      remaining_bytes: totalBytes - removedBytes,
      unused_bytes_after: unusedAfter,
    })
    return
  }
  const row = (key: TextKey, count: number, size: number, verbosity: 1 | 2): void => {
    if (output.verbosity >= verbosity)
      output.print(
        texts.say('prune.row', { label: texts.say(key).padEnd(14), count: String(count).padStart(10), size: formatBytes(size) }),
      )
  }
  if (isDryRun) output.summarize(texts.say('prune.wouldDo'))
  row('prune.used', blobs.used, bytes.used, 2)
  row('prune.duplicates', blobs.duplicate, bytes.duplicate, 2)
  row('prune.unused', blobs.unused, bytes.unused, 2)
  row('prune.unindexed', packs.unindexed, bytes.unindexed, 2)
  row('prune.toRepack', blobs.repack, bytes.repack, 1)
  row('prune.repackRemoves', blobs.repackRemove, bytes.repackRemove, 1)
  row('prune.toDelete', blobs.remove, bytes.remove + bytes.unindexed, 1)
  row('prune.total', removedBlobs, removedBytes, 1)
  row('prune.remaining', totalBlobs - removedBlobs, totalBytes - removedBytes, 1)
  const share = formatPercent(unusedAfter, totalBytes - removedBytes)
  output.summarize(texts.say('prune.unusedAfter', { size: formatBytes(unusedAfter), share: share === '' ? '0.00%' : share }))
}
