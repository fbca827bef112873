import { CoffreError } from '@coffre/foundation'
import { scanIndex } from '../format/index-scanner.ts'
import type { Id } from '../format/node.ts'
import { RepositoryIndex } from '../index/repository-index.ts'
import { isMissing, type Repository } from './repository.ts'

export interface LoadIndexOptions {
  /**
   * Compare with a listing of `data/` and pass over entries of packs that are absent or end before the blob: what a writer must
   * do before it relies on them.
   */
  readonly trustOnlyListedPacks?: boolean
  /** Packs that a prune has marked: a writer treats them as absent (rule P1). */
  readonly withoutPacks?: ReadonlySet<Id>
  readonly onProgress?: (filesDone: number, filesTotal: number) => void
  /** Called for an index file that cannot be read; without it the first such file ends the load. */
  readonly onDamaged?: (name: Id, error: unknown) => void
  /** Called for a pack that another index file has listed already, and the file that lists it again. */
  readonly onRepeatedPack?: (pack: Id, name: Id) => void
}

/** Files on their way from the backend at the same time. */
const loadsAtOnce = 4

/** Reads all index files. One that vanishes meanwhile was replaced by a prune: the listing is then read anew. */
export async function loadIndex(repository: Repository, options: LoadIndexOptions, signal: AbortSignal): Promise<RepositoryIndex> {
  const index = new RepositoryIndex()
  const sizes = options.trustOnlyListedPacks === true ? await listPacks(repository, signal) : undefined
  for (let attempt = 0; ; attempt++) {
    const names = (await repository.names('index', signal)).filter((name) => !index.files.has(name))
    const vanished = await readIndexFiles(repository, index, names, sizes, options, signal)
    if (!vanished) return index
    if (attempt === attemptsMax) throw replacedAgain()
  }
}

export const attemptsMax = 3

export function replacedAgain(): CoffreError {
  return new CoffreError('repository.locked', 'the index was replaced again and again while it was read', {
    hint: 'Try again when nobody prunes the repository.',
  })
}

export async function listPacks(repository: Repository, signal: AbortSignal): Promise<Map<Id, number>> {
  const sizes = new Map<Id, number>()
  for await (const pack of repository.backend.list('pack', signal)) sizes.set(pack.name, pack.sizeBytes)
  return sizes
}

/** Adds what these files say; true when one of them has vanished meanwhile. */
export async function readIndexFiles(
  repository: Repository,
  index: RepositoryIndex,
  names: readonly Id[],
  sizes: ReadonlyMap<Id, number> | undefined,
  options: LoadIndexOptions,
  signal: AbortSignal,
): Promise<boolean> {
  let next = 0
  let done = 0
  let vanished = false
  const reader = async (): Promise<void> => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) {
      try {
        readOne(index, name, await repository.loadUnpacked('index', name, signal), sizes, options)
      } catch (error) {
        if (isMissing(error)) vanished = true
        else if (options.onDamaged !== undefined && !signal.aborted) options.onDamaged(name, error)
        else throw error
      }
      options.onProgress?.(++done, names.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(loadsAtOnce, names.length) }, reader))
  return vanished
}

function readOne(
  index: RepositoryIndex,
  name: Id,
  json: Buffer,
  sizes: ReadonlyMap<Id, number> | undefined,
  options: LoadIndexOptions,
): void {
  let pack = -1
  let packBytes: number | undefined
  let isAgain = false
  const id = Buffer.alloc(32)
  scanIndex(json, {
    id,
    pack() {
      const packId = id.toString('hex')
      packBytes = sizes?.get(packId)
      const ignored = (sizes !== undefined && packBytes === undefined) || options.withoutPacks?.has(packId) === true
      isAgain = !ignored && index.packs.find(packId) >= 0
      pack = ignored ? -1 : index.packNumber(packId)
      if (isAgain) options.onRepeatedPack?.(packId, name)
      if (pack >= 0 && packBytes !== undefined) index.packs.setSize(pack, packBytes)
    },
    blob(isTree, offset, sealedBytes, rawBytes) {
      if (pack < 0 || (packBytes !== undefined && offset + sealedBytes > packBytes)) return
      if (isAgain && isListed(index, id, 0, isTree, pack, offset)) return
      index.blobs.add(id, 0, isTree, { pack, offset, sealedBytes, rawBytes })
    },
  })
  index.files.add(name)
}

/** Two index files may list the same pack. */
function isListed(
  index: RepositoryIndex,
  id: Uint8Array,
  idOffset: number,
  isTree: boolean,
  pack: number,
  offset: number,
): boolean {
  const first = index.blobs.find(id, idOffset, isTree)
  return (
    first >= 0 &&
    index.blobs.siblings(first).some((entry) => {
      const location = index.blobs.location(entry)
      return location.pack === pack && location.offset === offset
    })
  )
}
