import { formatPosition, type PointFile, type PointItem, type SnapshotEnd, type SnapshotStream } from '@coffre/connector'
import { type ArchiveCounts, backupItems, layOutPoint } from '@coffre/repository'
import { encodeDocument, itemsFolder } from '../point-document.ts'
import { SkippedItems } from '../skipped-items.ts'
import type { BackupSource } from './backup-request.ts'
import { type BackupWork, labelled, type StoredWork, stateOf } from './stored-work.ts'

/** Stores what a connector yields as a point of files and `coffre.json`. */
export async function storeItems(
  work: BackupWork,
  { connector, config, secrets }: Extract<BackupSource, { kind: 'items' }>,
  signal: AbortSignal,
): Promise<StoredWork> {
  const { session, request, index } = work
  const { repository } = session
  await using source = await connector.open(config, secrets, repository.context, signal)
  const stream = await source.snapshot(signal)
  const skipped = new SkippedItems()
  let end: SnapshotEnd | undefined
  const manifest = async (): Promise<Uint8Array> => {
    work.meter.enter('committing')
    end = await stream.finish()
    for (const { path, reason } of end.skipped) skipped.add(path, reason)
    const { named, count } = skipped
    return encodeDocument({ ...end.manifest, skipped: named, skippedCount: count, findings: end.findings })
  }
  const metadata = { mode: 0o700, modifiedMs: repository.context.clock.nowMs() }
  const watch = new ItemWatch(work, stream)
  const items = layOutPoint(watch.items(), { folder: itemsFolder, metadata, manifest })
  const position = stream.begin === undefined ? undefined : formatPosition(stream.begin)
  const result = await backupItems(
    repository,
    index,
    items,
    {
      ...labelled(work, connector.engine, position, () => stateOf(skipped, end?.findings ?? [])),
      paths: request.paths ?? [`/${request.source}`],
      onStart: (counts) => watch.start(counts),
      onError: (path, error) => skipped.add(path.slice(itemsFolder.length + 2), error),
    },
    signal,
  )
  if (result.snapshotId === undefined || end === undefined) throw new Error('the backup ended without a point')
  watch.finish()
  const { findings } = end
  return { pointId: result.snapshotId, state: stateOf(skipped, findings), manifest: end.manifest, skipped, findings }
}

/** Passes items on and tells how far they are. */
class ItemWatch {
  readonly #work: BackupWork
  readonly #stream: SnapshotStream
  #counts: ArchiveCounts | undefined
  #items = 0

  constructor(work: BackupWork, stream: SnapshotStream) {
    this.#work = work
    this.#stream = stream
  }

  start(counts: ArchiveCounts): void {
    this.#counts = counts
    this.#work.meter.enter('transferring')
  }

  finish(): void {
    this.#work.meter.finish(this.#counts?.totalBytesProcessed ?? 0, this.#items)
  }

  async *items(): AsyncGenerator<PointItem> {
    for await (const item of this.#stream.items) {
      yield item.kind === 'file' ? this.#file(item) : item
      this.#items++
      this.#tick()
    }
  }

  #file(item: PointFile): PointFile {
    const { kind, path, metadata, cut, expectedBytes } = item
    const expected = expectedBytes === undefined ? {} : { expectedBytes }
    return { kind, path, metadata, cut, content: this.#content(item.content), ...expected }
  }

  async *#content(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      yield chunk
      this.#tick()
    }
  }

  #tick(): void {
    const doneBytes = this.#counts?.totalBytesProcessed ?? 0
    this.#work.meter.update({ doneBytes, totalBytes: this.#stream.expectedBytes, doneItems: this.#items })
  }
}
