import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'
import { bytesOf } from '@coffre/foundation'
import type { DumpEntry } from './dump-entries.ts'
import { centralHeader, dataDescriptor, localHeader, storedMethod, type ZipSizes, zipEnd, zipEntry } from './zip-records.ts'

/** A zip archive, with 64-bit sizes where they are needed. Only files, folders and links have a place in it. */
export async function* zipArchive(entries: AsyncIterable<DumpEntry>): AsyncGenerator<Uint8Array> {
  const directory: Buffer[] = []
  let offset = 0
  const counted = (bytes: Uint8Array): Uint8Array => {
    offset += bytes.length
    return bytes
  }
  for await (const { path, node, content } of entries) {
    if (node.type !== 'file' && node.type !== 'dir' && node.type !== 'symlink') {
      // Nothing comes of it, but the size of what is passed over is checked like any other.
      for await (const chunk of content) void chunk
      continue
    }
    const target = node.type === 'symlink' ? bytesOf(node.linkTarget ?? '') : undefined
    const entry = zipEntry(path, node, target?.length ?? Number(node.size ?? 0), offset)
    yield counted(localHeader(entry))
    const sizes = { crc: 0, packedBytes: 0, contentBytes: 0 }
    const source = measured(target === undefined ? content : [target], sizes)
    for await (const chunk of node.type === 'file' ? deflated(source, entry.method !== storedMethod) : source) {
      sizes.packedBytes += chunk.length
      yield counted(chunk)
    }
    if (sizes.contentBytes > 0) yield counted(dataDescriptor(entry, sizes))
    directory.push(centralHeader(entry, sizes))
  }
  const start = offset
  for (const header of directory) yield counted(header)
  yield zipEnd(directory.length, offset - start, start)
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] }

async function* measured(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sizes: Mutable<ZipSizes>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    sizes.crc = crc32(chunk, sizes.crc)
    sizes.contentBytes += chunk.length
    yield chunk
  }
}

async function* deflated(content: AsyncIterable<Uint8Array>, compress: boolean): AsyncGenerator<Uint8Array> {
  if (!compress) {
    yield* content
    return
  }
  const deflate = createDeflateRaw()
  const done = pipeline(content, deflate)
  // Met when it is awaited below; a consumer that leaves early ends the stream and is not interested.
  done.catch(() => undefined)
  yield* deflate as AsyncIterable<Buffer>
  await done
}
