import type { ByteString } from '@coffre/foundation'
import type { ArchiveFile, ArchiveItem, ArchiveMetadata } from '@coffre/repository'

/** An item with its content read; fit for deepEqual. */
export interface ItemDescription {
  readonly kind: ArchiveItem['kind']
  readonly path: ByteString
  readonly metadata: ArchiveMetadata
  readonly target?: ByteString
  readonly content?: Buffer
}

export interface FileItemOptions {
  readonly metadata?: Partial<ArchiveMetadata>
  readonly cut?: ArchiveFile['cut']
  /** The content comes in chunks of so many bytes; 64 KiB unless given. */
  readonly chunkBytes?: number
}

const defaultMetadata = { modifiedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), uid: 1001, gid: 1002 }

export function folderItem(path: ByteString, metadata: Partial<ArchiveMetadata> = {}): ArchiveItem {
  return { kind: 'folder', path, metadata: { ...defaultMetadata, mode: 0o700, ...metadata } }
}

export function symlinkItem(path: ByteString, target: ByteString): ArchiveItem {
  return { kind: 'symlink', path, metadata: { ...defaultMetadata, mode: 0o777 }, target }
}

export function fileItem(path: ByteString, content: string | Uint8Array, options: FileItemOptions = {}): ArchiveFile {
  const { metadata = {}, cut = 'content', chunkBytes = 65_536 } = options
  const bytes = Buffer.from(content)
  return {
    kind: 'file',
    path,
    metadata: { ...defaultMetadata, mode: 0o600, ...metadata },
    cut,
    expectedBytes: bytes.length,
    content: reusedChunks(bytes, chunkBytes),
  }
}

/** The content piece by piece, always in the same memory: whoever keeps a chunk beyond the next one finds other bytes in it. */
export async function* reusedChunks(content: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const memory = new Uint8Array(Math.min(chunkBytes, content.length))
  for (let at = 0; at < content.length; at += chunkBytes) {
    const chunk = content.subarray(at, at + chunkBytes)
    memory.set(chunk)
    yield memory.subarray(0, chunk.length)
    memory.fill(0xee)
  }
}

/** Reads items with all their contents, in their order. */
export async function describeItems(items: AsyncIterable<ArchiveItem>): Promise<ItemDescription[]> {
  const found: ItemDescription[] = []
  for await (const item of items) {
    const { kind, path, metadata } = item
    if (item.kind === 'symlink') found.push({ kind, path, metadata, target: item.target })
    else if (item.kind === 'file') found.push({ kind, path, metadata, content: await contentOf(item.content) })
    else found.push({ kind, path, metadata })
  }
  return found
}

async function contentOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = []
  for await (const chunk of chunks) copies.push(Buffer.from(chunk))
  return Buffer.concat(copies)
}
