import { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { createGunzip, createGzip } from 'node:zlib'
import { labelsOf, tagsOf } from '@coffre/engine'
import { CoffreError, isCoffreError, type Random } from '@coffre/foundation'
import { BlobReader, dump, findDumpTarget, loadIndex, type Repository, type StoredSnapshot } from '@coffre/repository'
import type { MasterKey } from '../secrets/master-key.ts'
import { openStream, sealStream } from './sealed-stream.ts'

/** What backs up the catalogue itself is no point of a source. */
const catalogueEngine = 'catalogue'
const keyTag = 'coffre:key='

/** The one file in a snapshot of the catalogue. */
export const archivePath = 'catalogue.sealed'

export function isCatalogueSnapshot({ tags }: Pick<StoredSnapshot, 'tags'>): boolean {
  return labelsOf(tags).engine === catalogueEngine
}

/** Whether it was sealed with this master key, hence by the same server. */
export function isOwnArchive(snapshot: Pick<StoredSnapshot, 'tags'>, { id }: MasterKey): boolean {
  return isCatalogueSnapshot(snapshot) && snapshot.tags?.includes(`${keyTag}${id}`) === true
}

/** Without a source: nobody who looks for points of one finds it. */
export function archiveTags(job: string, { id }: MasterKey): string[] {
  return [...tagsOf({ engine: catalogueEngine, job }), `${keyTag}${id}`]
}

/** Packed and sealed, pulled piece by piece. */
export function sealArchive(master: MasterKey, random: Random, lines: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return sealStream(master, random, through(lines, createGzip()))
}

/** What a snapshot of the catalogue holds, sealed as it is. */
export async function* loadArchive(
  repository: Repository,
  { tree }: Pick<StoredSnapshot, 'tree'>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const index = await loadIndex(repository, {}, signal)
  const target = await findDumpTarget(new BlobReader(repository, index), tree, `/${archivePath}`, signal)
  yield* dump(repository, index, target, 'tar', signal)
}

/** The reverse of `sealArchive`: lines, each verified as far as it was read. See `openStream`. */
export async function* openArchive(master: MasterKey, sealed: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const packed = Readable.from(openStream(master, sealed))
  const plain = createGunzip()
  packed.on('error', (error) => plain.destroy(error))
  try {
    yield* linesOf(packed.pipe(plain))
  } catch (error) {
    if (isCoffreError(error)) throw error
    throw new CoffreError('repository.damaged', 'the backup of the catalogue cannot be unpacked', { cause: error })
  } finally {
    packed.destroy()
    plain.destroy()
  }
}

async function* through(content: AsyncIterable<Uint8Array>, packer: ReturnType<typeof createGzip>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(content)
  source.on('error', (error) => packer.destroy(error))
  try {
    yield* source.pipe(packer)
  } finally {
    source.destroy()
    packer.destroy()
  }
}

async function* linesOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let started = ''
  for await (const chunk of content) {
    const lines = decoder.write(Buffer.from(chunk)).split('\n')
    lines[0] = started + (lines[0] ?? '')
    started = lines.pop() ?? ''
    yield* lines
  }
  if (started !== '') yield started
}
