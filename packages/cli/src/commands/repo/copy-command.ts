import { type CopyCounts, copySnapshots, type Id, selectSnapshots } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { fromChoice, fromOptions } from '../../options/from-options.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { writingSettings } from '../../options/writing-options.ts'
import { formatBytes, formatPercent } from '../../output/amounts.ts'
import { shortId, snapshotLine } from '../../output/snapshot-text.ts'
import { loadIndexOf, loadWriterIndex } from '../../session/load-index.ts'
import { openSession } from '../../session/open-session.ts'
import { recordSnapshots, writeLock } from '../../session/vault-state.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

const options = { ...fromOptions, ...snapshotFilterOptions } as const

export const copyCommand = defineCommand({
  options,
  operands: '[ID…]',
  async run(call) {
    const { options: given, output, texts, surroundings } = call
    await using source = await openSession(call, { lock: 'read', choice: await fromChoice(given, surroundings) })
    await using target = await openSession(call, { lock: 'append', isBulk: true })
    const signal = AbortSignal.any([source.signal, target.signal])
    const snapshots = await selectSnapshots(
      source.repository,
      call.positionals,
      snapshotFilterOf(given, surroundings),
      signal,
      warnOfSnapshot(call),
    )
    const sourceIndex = await loadIndexOf({ repository: source.repository, signal }, call)
    const targetIndex = await loadWriterIndex({ repository: target.repository, signal }, call)
    const lock = await writeLock({ repository: target.repository, signal }, targetIndex)
    const copies: Id[] = []
    const progress = new CopyProgress(call)
    let counts: CopyCounts
    try {
      counts = await copySnapshots(
        { repository: source.repository, index: sourceIndex },
        { repository: target.repository, index: targetIndex },
        snapshots,
        {
          ...writingSettings(call.globals, surroundings),
          confirmed: target.confirmed,
          ...lock,
          onDamaged: warnOfSnapshot(call),
          onStart: (live) => progress.show(live),
          onSkipped(snapshot, copy) {
            if (output.json) output.printJson({ message_type: 'skipped', source_snapshot_id: snapshot.id, snapshot_id: copy.id })
            else output.note(texts.say('copy.skipped', { id: shortId(snapshot.id), copy: shortId(copy.id) }), 2)
          },
          onCopied(snapshot, id) {
            copies.push(id)
            if (output.json) output.printJson({ message_type: 'copied', source_snapshot_id: snapshot.id, snapshot_id: id })
            else output.summarize(texts.say('copy.copied', { snapshot: snapshotLine(snapshot, texts), id: shortId(id) }))
          },
        },
        signal,
      )
    } finally {
      progress.hide()
    }
    await recordSnapshots(target, { added: copies })
    summarize(counts, call)
  },
})

class CopyProgress {
  hide: () => void = () => undefined
  readonly #call: Call<typeof options>

  constructor(call: Call<typeof options>) {
    this.#call = call
  }

  show(counts: CopyCounts): void {
    const { output, texts } = this.#call
    const line = (): string => {
      const { snapshotsCopied, snapshotsSkipped, snapshotsTotal, bytesTransferred, bytesPlanned, treesSeen } = counts
      const sizes = {
        size: formatBytes(bytesTransferred),
        total: formatBytes(bytesPlanned),
        percent: formatPercent(bytesTransferred, bytesPlanned),
      }
      return texts.say('copy.progress', {
        ...sizes,
        done: snapshotsCopied + snapshotsSkipped,
        of: snapshotsTotal,
        trees: treesSeen,
      })
    }
    const json = (): unknown => ({
      message_type: 'status',
      percent_done: counts.bytesPlanned === 0 ? 0 : counts.bytesTransferred / counts.bytesPlanned,
      total_bytes: counts.bytesPlanned,
      bytes_done: counts.bytesTransferred,
      total_snapshots: counts.snapshotsTotal,
      snapshots_done: counts.snapshotsCopied + counts.snapshotsSkipped,
    })
    this.hide = output.showProgress({ line, json })
  }
}

function summarize(counts: CopyCounts, { output, texts }: Call<typeof options>): void {
  const { snapshotsCopied, snapshotsSkipped, dataBlobs, treeBlobs, dataAdded, dataAddedPacked } = counts
  if (output.json) {
    const snapshots = { snapshots_copied: snapshotsCopied, snapshots_skipped: snapshotsSkipped }
    output.printJson({
      message_type: 'summary',
      ...snapshots,
      data_blobs: dataBlobs,
      tree_blobs: treeBlobs,
      data_added: dataAdded,
      data_added_packed: dataAddedPacked,
    })
    return
  }
  const sizes = { size: formatBytes(dataAdded), stored: formatBytes(dataAddedPacked) }
  output.summarize(texts.say('copy.summary', { copied: snapshotsCopied, skipped: snapshotsSkipped, ...sizes }))
}
