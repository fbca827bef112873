import { CoffreError, throwIfAborted } from '@coffre/foundation'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { ComputePool } from '../pipeline/compute-pool.ts'
import type { VerifyProblem } from '../pipeline/jobs.ts'
import { newReadPool } from '../repository/new-pool.ts'
import type { Repository } from '../repository/repository.ts'
import type { PackSizes } from './check-packs.ts'
import type { FindingKind, Report } from './finding.ts'
import { PackMemory } from './pack-memory.ts'
import type { PackTotals } from './pack-totals.ts'

export interface ReadCounts {
  packs: number
  readBytes: number
}

/** Packs in memory beyond those that workers are busy with: each worker has its next one by the time it is done. */
const packsAhead = 1
/** Packs are 16 MiB, in locked vaults 32, and a blob more than that where restic wrote them. */
const slotBytesMax = 40 * 1024 * 1024

const kinds: Readonly<Record<VerifyProblem['about'], FindingKind>> = {
  name: 'damaged-pack',
  header: 'damaged-header',
  blob: 'damaged-blob',
  index: 'index-mismatch',
}

/** Reads packs whole and has every byte verified. What is wrong is read twice, to tell damage from a passing disturbance. */
export async function readPacks(
  repository: Repository,
  index: RepositoryIndex,
  packs: readonly number[],
  sizes: PackSizes,
  totals: PackTotals,
  hashWhole: boolean,
  report: Report,
  onProgress: ((packsDone: number, packsTotal: number, readBytes: number) => void) | undefined,
  signal: AbortSignal,
): Promise<ReadCounts> {
  await using pool = newReadPool(repository, index.blobs)
  const largest = packs.reduce((most, pack) => Math.max(most, sizes[pack] ?? 0), 4096)
  const reader = new PackReader(repository, index, pool, new PackMemory(Math.min(largest, slotBytesMax)), totals, hashWhole, report)
  const counts: ReadCounts = { packs: 0, readBytes: 0 }
  let next = 0
  const lane = async (): Promise<void> => {
    for (let pack = packs[next++]; pack !== undefined; pack = packs[next++]) {
      throwIfAborted(signal)
      await reader.check(pack, sizes[pack] ?? 0, signal)
      counts.packs++
      counts.readBytes += sizes[pack] ?? 0
      onProgress?.(counts.packs, packs.length, counts.readBytes)
    }
  }
  await Promise.all(Array.from({ length: pool.width + packsAhead }, lane))
  return counts
}

class PackReader {
  readonly #repository: Repository
  readonly #index: RepositoryIndex
  readonly #pool: ComputePool
  readonly #memory: PackMemory
  readonly #totals: PackTotals
  readonly #hashWhole: boolean
  readonly #report: Report

  constructor(
    repository: Repository,
    index: RepositoryIndex,
    pool: ComputePool,
    memory: PackMemory,
    totals: PackTotals,
    hashWhole: boolean,
    report: Report,
  ) {
    this.#repository = repository
    this.#index = index
    this.#pool = pool
    this.#memory = memory
    this.#totals = totals
    this.#hashWhole = hashWhole
    this.#report = report
  }

  async check(pack: number, sizeBytes: number, signal: AbortSignal): Promise<void> {
    const memory = this.#memory.take(sizeBytes)
    try {
      const first = await this.#verify(pack, sizeBytes, memory, signal)
      if (first.length === 0) return
      const second = await this.#verify(pack, sizeBytes, memory, signal)
      if (second.length === 0)
        this.#tell(pack, 'unsteady-read', `it was read well only the second time, at first ${first[0]?.message}`)
      for (const { about, message, blob } of second) this.#tell(pack, kinds[about], message, blob)
    } catch (error) {
      throwIfAborted(signal)
      if (!(error instanceof CoffreError) || !error.code.startsWith('storage.')) throw error
      this.#tell(pack, 'unreadable-pack', error.message)
    } finally {
      this.#memory.giveBack(memory)
    }
  }

  async #verify(
    pack: number,
    sizeBytes: number,
    memory: SharedArrayBuffer,
    signal: AbortSignal,
  ): Promise<readonly VerifyProblem[]> {
    const id = this.#index.packs.id(pack)
    const target = Buffer.from(memory as unknown as ArrayBuffer, 0, sizeBytes)
    await this.#repository.backend.load({ type: 'pack', name: id }, { offset: 0, length: sizeBytes }, signal, target)
    const { problems, blobs } = await this.#pool.run(
      { kind: 'verify', memory, length: sizeBytes, id, packNumber: pack, hashWhole: this.#hashWhole },
      signal,
    )
    const indexed = this.#totals.blobs[pack] ?? 0
    if (problems.length > 0 || blobs === indexed) return problems
    return [{ about: 'index', message: `it has ${blobs} blobs, by the index it has ${indexed}` }]
  }

  #tell(pack: number, kind: FindingKind, problem: string, blob?: VerifyProblem['blob']): void {
    const name = this.#index.packs.id(pack)
    const of = blob === undefined ? {} : { blob }
    this.#report({ kind, severity: 'error', file: { type: 'pack', name }, ...of, message: `pack ${name}: ${problem}` })
  }
}
