import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { DumpItem } from './dump-items.ts'

/** An item, or a blob of the item before it. */
export type WantedPart = { readonly item: DumpItem } | { readonly blob: Id }

const windowBytes = 8 * 1024 * 1024
const windowPartsMax = 4096

/** Items and their blobs in order, in windows of so much content as may be in memory at a time; a large file spans several. */
export async function* contentWindows(
  items: AsyncIterable<DumpItem>,
  index: RepositoryIndex,
): AsyncGenerator<readonly WantedPart[]> {
  let window: WantedPart[] = []
  let bytes = 0
  for await (const item of items) {
    window.push({ item })
    const content = item.node.type === 'file' ? (item.node.content ?? []) : []
    for (const blob of content) {
      const blobBytes = index.contentBytes(blob, false) ?? 0
      if (bytes > 0 && (bytes + blobBytes > windowBytes || window.length >= windowPartsMax)) {
        yield window
        window = []
        bytes = 0
      }
      window.push({ blob })
      bytes += blobBytes
    }
    if (window.length >= windowPartsMax) {
      yield window
      window = []
      bytes = 0
    }
  }
  if (window.length > 0) yield window
}
