import { BlobReader, type Stats, type StatsMode, selectSnapshots, stats, statsToJson } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { choice } from '../../options/option.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { formatBytes } from '../../output/amounts.ts'
import { loadIndexOf } from '../../session/load-index.ts'
import { openSession } from '../../session/open-session.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

const options = {
  ...snapshotFilterOptions,
  mode: choice('mode', ['restore-size', 'files-by-contents', 'blobs-per-file', 'raw-data']),
} as const

export const statsCommand = defineCommand({
  options,
  operands: '[ID…]',
  onlyPrints: true,
  async run(call) {
    const mode = call.options.mode ?? 'restore-size'
    await using session = await openSession(call, { lock: 'read' })
    const { repository, signal } = session
    const index = await loadIndexOf(session, call)
    const filter = snapshotFilterOf(call.options, call.surroundings)
    const snapshots = await selectSnapshots(repository, call.positionals, filter, signal, warnOfSnapshot(call))
    call.output.note(call.texts.say('stats.scanning'), 2)
    const counts = await stats(new BlobReader(repository, index), index, repository.config.version, snapshots, mode, signal)
    if (call.output.json) call.output.printJsonText(statsToJson(counts))
    else print(counts, mode, call)
  },
})

function print(counts: Stats, mode: StatsMode, { output, texts }: Pick<Call, 'output' | 'texts'>): void {
  const rows: [label: string, value: string, isShown: boolean][] = [
    [texts.say('stats.snapshots'), String(counts.snapshotsCount), true],
    [texts.say('stats.blobs'), String(counts.totalBlobCount), counts.totalBlobCount > 0],
    [texts.say('stats.files'), String(counts.totalFileCount), counts.totalFileCount > 0],
    [texts.say('stats.uncompressed'), formatBytes(counts.totalUncompressedSize), counts.totalUncompressedSize > 0],
    [texts.say('stats.total'), formatBytes(counts.totalSize), true],
    [texts.say('stats.progress'), `${counts.compressionProgress.toFixed(2)}%`, counts.compressionProgress > 0],
    [texts.say('stats.ratio'), `${counts.compressionRatio.toFixed(2)}x`, counts.compressionRatio > 0],
    [texts.say('stats.saving'), `${counts.compressionSpaceSaving.toFixed(2)}%`, counts.compressionSpaceSaving > 0],
  ]
  const shown = rows.filter(([, , isShown]) => isShown)
  const width = Math.max(...rows.map(([label]) => label.length))
  output.print(texts.say('stats.heading', { mode }))
  for (const [label, value] of shown) output.print(`${label.padStart(width)}:  ${value}`)
}
