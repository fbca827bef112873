import type { Repository } from '@coffre/repository'
import type { Report } from '../corpora/corpus.ts'
import { Keystream } from '../corpora/keystream.ts'

const idBytes = 32
const blobsPerFile = 50_000
const blobsPerPack = 100
const sealedBytes = 40_000
const rawBytes = 65_536

const blobIds = new Keystream(2)
const packIds = new Keystream(3)
const absentIds = new Keystream(4)

/** The ids of `count` generated blobs from number `first` on, one after the other. */
export function generatedIds(first: number, count: number): Buffer {
  return blobIds.bytes(first * idBytes, count * idBytes)
}

/** Ids that no generated blob has. */
export function idsOfNothing(first: number, count: number): Buffer {
  return absentIds.bytes(first * idBytes, count * idBytes)
}

/** Where in its pack the blob of that number lies. */
export function generatedOffset(number: number): number {
  return (number % blobsPerPack) * sealedBytes
}

/** Fills a repository with index files for blobs that exist nowhere else, as restic writes them: 50,000 blobs to a file. */
export async function writeGeneratedIndex(
  repository: Repository,
  blobs: number,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  for (let first = 0; first < blobs; first += blobsPerFile) {
    await repository.saveUnpacked('index', indexFile(first, Math.min(blobsPerFile, blobs - first)), signal)
    if (first % 2_000_000 === 0) report(`wrote the index of ${first.toLocaleString('en')} blobs`)
  }
  await repository.backend.flush(signal)
}

function indexFile(first: number, count: number): Buffer {
  const ids = generatedIds(first, count)
  const packs: string[] = []
  for (let begin = 0; begin < count; begin += blobsPerPack) {
    const pack = packIds.bytes(((first + begin) / blobsPerPack) * idBytes, idBytes).toString('hex')
    const blobs = Array.from({ length: Math.min(blobsPerPack, count - begin) }, (_, i) => blobEntry(ids, first, begin + i))
    packs.push(`{"id":"${pack}","blobs":[${blobs.join(',')}]}`)
  }
  return Buffer.from(`{"packs":[${packs.join(',')}]}\n`)
}

function blobEntry(ids: Buffer, first: number, at: number): string {
  const id = ids.toString('hex', at * idBytes, (at + 1) * idBytes)
  return `{"id":"${id}","type":"data","offset":${generatedOffset(first + at)},"length":${sealedBytes},"uncompressed_length":${rawBytes}}`
}
