import type { PointItem, PointManifest, StoredPoint } from '@coffre/connector'
import type { ByteString } from '@coffre/foundation'
import {
  BlobReader,
  findFolder,
  type RepositoryIndex,
  type RestoreCounts,
  Restorer,
  readItems,
  type StoredSnapshot,
} from '@coffre/repository'
import { itemsFolder } from '../point-document.ts'
import type { VaultSession } from '../vault-session.ts'

/** An engine's point as its connector reads it back: paths are those that its snapshot yielded. */
export class SnapshotPoint implements StoredPoint {
  readonly manifest: PointManifest
  readonly #session: VaultSession
  readonly #index: RepositoryIndex
  readonly #snapshot: StoredSnapshot

  constructor(session: VaultSession, index: RepositoryIndex, snapshot: StoredSnapshot, manifest: PointManifest) {
    this.#session = session
    this.#index = index
    this.#snapshot = snapshot
    this.manifest = manifest
  }

  async *items(below: ByteString, signal: AbortSignal): AsyncGenerator<PointItem> {
    const prefix = below === '' ? '' : `${below}/`
    const folder = `${itemsFolder}/${below}`
    for await (const item of readItems(this.#session.repository, this.#index, this.#snapshot, folder, signal)) {
      yield { ...item, path: prefix + item.path }
    }
  }

  async extract(
    below: ByteString,
    targetFolder: ByteString,
    signal: AbortSignal,
    onPlaced: (bytes: number) => void = () => undefined,
  ): Promise<void> {
    const { repository } = this.#session
    const reader = new BlobReader(repository, this.#index)
    const tree = await findFolder(reader, this.#snapshot.tree, `${itemsFolder}/${below}`, signal)
    let live: RestoreCounts | undefined
    const options = {
      select: () => ({ selected: true, childMayBeSelected: true }),
      selectAttribute: () => true,
      overwrite: 'always' as const,
      removeOthers: false,
      sparse: true,
      dryRun: false,
      verify: false,
      // An engine's data with a hole in it is worth nothing.
      onError(_location: ByteString, error: unknown): void {
        throw error
      },
      onStart(counts: RestoreCounts): void {
        live = counts
      },
      onItem: () => onPlaced(placedBytes(live)),
    }
    onPlaced(placedBytes(await Restorer.restore(repository, this.#index, tree, targetFolder, options, signal)))
  }
}

/** What was right already counts, too. */
function placedBytes(counts: RestoreCounts | undefined): number {
  return counts === undefined ? 0 : counts.bytesRestored + counts.bytesSkipped
}
