import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PointFile, PointItem, PointManifest, SnapshotEnd, SnapshotStream, StoredPoint } from '@coffre/connector'
import { type ByteString, CoffreError, throwIfAborted } from '@coffre/foundation'
import { reusedChunks } from '../items.ts'

type KeptItem = { readonly item: PointItem; readonly bytes: Buffer }

/** Told of each item before its content is read, and of each chunk. */
export interface StreamWatcher {
  item?(item: PointItem): Promise<void>
  chunk?(item: PointFile, chunk: Uint8Array): Promise<void>
}

/** A recovery point in memory: what a snapshot yielded, read as an engine's run would. */
export class MemoryPoint implements StoredPoint {
  readonly end: SnapshotEnd
  readonly paths: readonly ByteString[]
  readonly #kept: readonly KeptItem[]

  private constructor(kept: readonly KeptItem[], end: SnapshotEnd) {
    this.#kept = kept
    this.end = end
    this.paths = kept.map(({ item }) => item.path)
  }

  /** Reads a snapshot to its end and finishes it. */
  static async from(stream: SnapshotStream, watcher: StreamWatcher = {}): Promise<MemoryPoint> {
    const kept: KeptItem[] = []
    for await (const item of stream.items) {
      await watcher.item?.(item)
      const chunks: Buffer[] = []
      if (item.kind === 'file') {
        for await (const chunk of item.content) {
          chunks.push(Buffer.from(chunk))
          await watcher.chunk?.(item, chunk)
        }
      }
      kept.push({ item, bytes: Buffer.concat(chunks) })
    }
    return new MemoryPoint(kept, await stream.finish())
  }

  get manifest(): PointManifest {
    return this.end.manifest
  }

  async *items(below: ByteString, signal: AbortSignal): AsyncGenerator<PointItem> {
    for (const { item, bytes } of this.#kept) {
      throwIfAborted(signal)
      if (below !== '' && !item.path.startsWith(`${below}/`)) continue
      yield item.kind === 'file' ? { ...item, content: reusedChunks(bytes, 10_000) } : item
    }
  }

  async extract(
    below: ByteString,
    targetFolder: ByteString,
    signal: AbortSignal,
    onPlaced?: (bytes: number) => void,
  ): Promise<void> {
    let placedBytes = 0
    await mkdir(targetFolder, { recursive: true })
    for await (const item of this.items(below, signal)) {
      const path = join(targetFolder, below === '' ? item.path : item.path.slice(below.length + 1))
      if (item.kind === 'folder') await mkdir(path, { mode: item.metadata.mode, recursive: true })
      else if (item.kind === 'symlink') await symlink(item.target, path)
      else {
        const content = this.contentOf(item.path)
        await writeFile(path, content, { mode: item.metadata.mode })
        placedBytes += content.length
        onPlaced?.(placedBytes)
      }
    }
  }

  /** The content of a file. */
  contentOf(path: ByteString): Buffer {
    const kept = this.#kept.find(({ item }) => item.kind === 'file' && item.path === path)
    if (kept === undefined) throw new CoffreError('snapshot.path-missing', `${path} is not in the point`)
    return kept.bytes
  }
}
