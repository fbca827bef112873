import type { DumpEntry } from './dump-entries.ts'
import { isTarType, tarEnd, tarHeader, tarPadding } from './tar-header.ts'

/** A tar archive: POSIX pax, read by GNU tar, bsdtar and everything newer. Entries of types that tar does not have are left out. */
export async function* tarArchive(entries: AsyncIterable<DumpEntry>): AsyncGenerator<Uint8Array> {
  for await (const { path, node, content } of entries) {
    const isKept = isTarType(node.type)
    if (isKept) yield tarHeader(path, node)
    let bytes = 0
    for await (const chunk of content) {
      bytes += chunk.length
      yield chunk
    }
    if (bytes > 0) yield tarPadding(bytes)
  }
  yield tarEnd()
}
