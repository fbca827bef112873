/**
 * Loads the generated index of a repository and looks blobs up in it, in a process of its own whose memory is measured:
 *   node --expose-gc index-probe.ts REPOSITORY BLOBS LOOKUPS
 * Prints one line of JSON, an IndexProbe.
 */
import { loadIndex, openRepository, type RepositoryIndex } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { benchContext } from './bench-context.ts'
import { generatedIds, generatedOffset, idsOfNothing } from './generated-index.ts'

export interface IndexProbe {
  readonly blobs: number
  readonly loadSeconds: number
  /** What the index says that its blobs take. */
  readonly indexBytes: number
  /** What the process has grown by. */
  readonly rssGrowthBytes: number
  readonly lookups: number
  readonly foundSeconds: number
  readonly absentSeconds: number
}

const idBytes = 32
const lookupsPerBatch = 10_000

const [path = '', blobs = 0, lookups = 0] = process.argv.slice(2).map((arg, i) => (i === 0 ? arg : Number(arg))) as [
  string,
  number,
  number,
]
process.stdout.write(`${JSON.stringify(await probe(path, blobs, lookups))}\n`)

async function probe(path: string, blobs: number, lookups: number): Promise<IndexProbe> {
  const { signal } = new AbortController()
  const context = benchContext()
  const repository = await openRepository(new LocalBackend(path, context), context, { password: Buffer.from('benchmark') }, signal)
  const rssBefore = rssAfterCollection()
  const begin = performance.now()
  const index = await loadIndex(repository, {}, signal)
  const loadSeconds = (performance.now() - begin) / 1000
  const rssGrowthBytes = rssAfterCollection() - rssBefore
  if (index.blobs.count !== blobs) throw new Error(`the index has ${index.blobs.count} blobs, ${blobs} were written`)
  const found = { seconds: 0 }
  const absent = { seconds: 0 }
  for (let done = 0; done < lookups; done += lookupsPerBatch) {
    const numbers = Array.from({ length: Math.min(lookupsPerBatch, lookups - done) }, () => Math.floor(Math.random() * blobs))
    checkEntries(index, numbers, timeLookups(index, Buffer.concat(numbers.map((number) => generatedIds(number, 1))), found))
    const wrong = timeLookups(index, idsOfNothing(done, numbers.length), absent).find((entry) => entry >= 0)
    if (wrong !== undefined) throw new Error(`the index found blob ${wrong} under an id that no blob has`)
  }
  const indexBytes = index.blobs.memoryBytes
  return { blobs, loadSeconds, indexBytes, rssGrowthBytes, lookups, foundSeconds: found.seconds, absentSeconds: absent.seconds }
}

function timeLookups(index: RepositoryIndex, ids: Buffer, total: { seconds: number }): Int32Array {
  const entries = new Int32Array(ids.length / idBytes)
  const begin = performance.now()
  for (let i = 0; i < entries.length; i++) entries[i] = index.blobs.find(ids, i * idBytes, false)
  total.seconds += (performance.now() - begin) / 1000
  return entries
}

function checkEntries(index: RepositoryIndex, numbers: readonly number[], entries: Int32Array): void {
  numbers.forEach((number, i) => {
    const entry = entries[i] ?? -1
    if (entry < 0 || index.blobs.location(entry).offset !== generatedOffset(number))
      throw new Error(`blob ${number} was not found where it is`)
  })
}

function rssAfterCollection(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}
