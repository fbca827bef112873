import { CoffreError } from '@coffre/foundation'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { ContentLoader } from './content-loader.ts'
import { contentWindows, type WantedPart } from './content-windows.ts'
import type { DumpItem } from './dump-items.ts'

/** An entry with its content, which has to be read to its end before the next entry is asked for. */
export interface DumpEntry extends DumpItem {
  /** As many bytes as the node says; `repository.damaged` otherwise. Empty for all but files. */
  readonly content: AsyncIterable<Uint8Array>
}

type Part = { readonly item: DumpItem } | { readonly bytes: Buffer }

/** The items with their contents. The next window of contents is on its way while one is being used. */
export async function* dumpEntries(
  items: AsyncIterable<DumpItem>,
  index: RepositoryIndex,
  loader: ContentLoader,
  signal: AbortSignal,
): AsyncGenerator<DumpEntry> {
  await using parts = dumpParts(contentWindows(items, index), loader, signal)
  let ahead = await parts.next()
  async function* contentOf({ path, node }: DumpItem): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for (; ahead.done !== true && 'bytes' in ahead.value; ahead = await parts.next()) {
      bytes += ahead.value.bytes.length
      yield ahead.value.bytes
    }
    const expected = node.type === 'file' ? Number(node.size ?? 0) : 0
    if (bytes === expected) return
    throw new CoffreError(
      'repository.damaged',
      `the content of ${JSON.stringify(path)} has ${bytes} bytes where the tree says ${expected}`,
    )
  }
  while (ahead.done !== true) {
    if (!('item' in ahead.value)) throw new Error('the content of the entry before was not read')
    const { item } = ahead.value
    ahead = await parts.next()
    yield { ...item, content: contentOf(item) }
  }
}

interface LoadedWindow {
  readonly parts: readonly WantedPart[]
  readonly contents: Map<Id, Buffer>
}

async function* dumpParts(
  windows: AsyncGenerator<readonly WantedPart[]>,
  loader: ContentLoader,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  let known: ReadonlyMap<Id, Buffer> = new Map()
  const loadNext = async (): Promise<LoadedWindow | undefined> => {
    const { value, done } = await windows.next()
    if (done === true) return undefined
    const ids = value.flatMap((part) => ('blob' in part ? [part.blob] : []))
    return { parts: value, contents: await loader.load(ids, known, signal) }
  }
  let next = loadNext()
  try {
    for (let window = await next; window !== undefined; window = await next) {
      known = window.contents
      next = loadNext()
      // Its failure is met when it is awaited; the parts in hand come first.
      next.catch(() => undefined)
      for (const part of window.parts) {
        if ('item' in part) yield part
        else yield { bytes: window.contents.get(part.blob) ?? Buffer.alloc(0) }
      }
    }
  } finally {
    await next.catch(() => undefined)
    await windows.return(undefined)
  }
}
