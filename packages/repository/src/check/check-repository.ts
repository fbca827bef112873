import type { Id } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import type { Bitmap } from './bitmap.ts'
import { checkSmallFiles, damageOf, type KnownFiles, reportMissed } from './check-files.ts'
import { checkPacks, type PackSizes } from './check-packs.ts'
import { checkTrees } from './check-trees.ts'
import { type DataSubset, selectPacks } from './data-subset.ts'
import type { Finding, FindingKind, Report } from './finding.ts'
import { PackTotals } from './pack-totals.ts'
import { type ReadCounts, readPacks } from './read-packs.ts'

export type CheckPhase = 'index' | 'snapshots' | 'trees' | 'packs'

export interface CheckOptions {
  /** Read packs and verify every byte of them: all, or a part. */
  readonly readData?: 'all' | DataSubset
  /**
   * Also compare each pack as a whole with its name; true unless given. Without it, damage of any kind is found all the same, as
   * seals and hashes within a pack cover its every byte, and a quarter of the work is saved. What then goes unnoticed is a pack of
   * the same content that somebody with the key sealed anew under the old name.
   */
  readonly hashPacks?: boolean
  readonly known?: KnownFiles
  readonly onFinding?: (finding: Finding) => void
  /** `total` grows while trees are discovered. */
  readonly onProgress?: (phase: CheckPhase, done: number, total: number) => void
}

export interface CheckResult {
  readonly errors: number
  readonly warnings: number
  readonly notes: number
  readonly snapshots: number
  /** Entries of the index, each copy of a blob counted, and the blobs that some snapshot needs. */
  readonly blobs: number
  readonly usedBlobs: number
  readonly packs: number
  readonly packsRead: number
  readonly bytesRead: number
  /** Packs to be given to `repairPacks`. */
  readonly brokenPacks: readonly Id[]
  readonly suggestRepairIndex: boolean
  readonly suggestPrune: boolean
}

const brokenKinds: ReadonlySet<FindingKind> = new Set([
  'wrong-size',
  'damaged-pack',
  'damaged-header',
  'damaged-blob',
  'index-mismatch',
])

/**
 * Looks at everything: small files, indexes, packs against indexes, every snapshot down to its blobs, and with `readData` every byte.
 * Changes nothing. Damage becomes findings and ends nothing; the check rejects only when the storage fails or the signal is aborted.
 * The caller holds a lock, or accepts false alarms about files that others remove meanwhile.
 */
export async function checkRepository(repository: Repository, options: CheckOptions, signal: AbortSignal): Promise<CheckResult> {
  const tally = new Tally(options.onFinding)
  await checkSmallFiles(repository, options.known ?? {}, tally.report, signal)
  // Snapshots first: whatever they need was indexed before they were saved.
  const snapshots = await checkSnapshots(repository, options, tally.report, signal)
  const index = await checkIndexes(repository, options, tally.report, signal)
  index.blobs.freeze()
  const totals = new PackTotals(index)
  const sizes = await checkPacks(repository, index, totals, tally.report, signal)
  const chosen = choosePacks(repository, index, sizes, options)
  const { used, read } = await checkContent(repository, { index, totals, sizes, snapshots, chosen }, options, tally.report, signal)
  return {
    ...tally.result(),
    snapshots: snapshots.length,
    blobs: index.blobs.count,
    usedBlobs: used.size,
    packs: totals.blobs.reduce((sum, blobs) => sum + Number(blobs > 0), 0),
    packsRead: read?.packs ?? 0,
    bytesRead: read?.readBytes ?? 0,
  }
}

interface Content {
  readonly index: RepositoryIndex
  readonly totals: PackTotals
  readonly sizes: PackSizes
  readonly snapshots: readonly StoredSnapshot[]
  /** The packs to read. */
  readonly chosen: readonly number[] | undefined
}

/** Follows trees on this thread while workers read packs. Progress is told of the trees first. */
async function checkContent(
  repository: Repository,
  { index, totals, sizes, snapshots, chosen }: Content,
  options: CheckOptions,
  report: Report,
  signal: AbortSignal,
): Promise<{ readonly used: Bitmap; readonly read: ReadCounts | undefined }> {
  let isFollowing = true
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const onTrees = (done: number, known: number): void => options.onProgress?.('trees', done, known)
  const onPacks = (done: number, total: number): void => {
    if (!isFollowing || done === total) options.onProgress?.('packs', done, total)
  }
  const trees = checkTrees(repository, index, snapshots, report, onTrees, both).finally(() => {
    isFollowing = false
  })
  const packs = chosen && readPacks(repository, index, chosen, sizes, totals, options.hashPacks ?? true, report, onPacks, both)
  try {
    const [used, read] = await Promise.all([trees, packs])
    return { used, read }
  } catch (error) {
    stop.abort(error)
    await Promise.allSettled([trees, packs])
    throw error
  }
}

async function checkSnapshots(
  repository: Repository,
  options: CheckOptions,
  report: Report,
  signal: AbortSignal,
): Promise<StoredSnapshot[]> {
  const damaged: Id[] = []
  const snapshots = await listSnapshots(repository, signal, (name, error) => {
    damaged.push(name)
    report({
      kind: 'damaged-file',
      severity: 'error',
      file: { type: 'snapshot', name },
      message: damageOf(`snapshot ${name}`, error),
    })
  })
  const found = [...snapshots.map((snapshot) => snapshot.id), ...damaged]
  reportMissed('snapshot', options.known?.snapshots ?? new Set(), found, report)
  options.onProgress?.('snapshots', found.length, found.length)
  return snapshots
}

async function checkIndexes(
  repository: Repository,
  options: CheckOptions,
  report: Report,
  signal: AbortSignal,
): Promise<RepositoryIndex> {
  const repeated = new Set<Id>()
  return loadIndex(
    repository,
    {
      onProgress: (done, total) => options.onProgress?.('index', done, total),
      onDamaged(name, error) {
        report({
          kind: 'damaged-file',
          severity: 'error',
          file: { type: 'index', name },
          message: damageOf(`index ${name}`, error),
        })
      },
      onRepeatedPack(name, file) {
        if (repeated.has(name)) return
        repeated.add(name)
        const message = `pack ${name} is in several indexes, index ${file} among them`
        report({ kind: 'repeated-pack', severity: 'note', file: { type: 'pack', name }, message })
      },
    },
    signal,
  )
}

function choosePacks(
  repository: Repository,
  index: RepositoryIndex,
  sizes: PackSizes,
  options: CheckOptions,
): number[] | undefined {
  if (options.readData === undefined) return undefined
  const present = [...sizes.keys()].filter((pack) => (sizes[pack] ?? -1) >= 0)
  if (options.readData === 'all') return present
  const firstByteOf = (pack: number): number => Number.parseInt(index.packs.id(pack).slice(0, 2), 16)
  return selectPacks(present, options.readData, firstByteOf, (pack) => sizes[pack] ?? 0, repository.context.random)
}

class Tally {
  readonly #onFinding: ((finding: Finding) => void) | undefined
  readonly #counts = { error: 0, warning: 0, note: 0 }
  readonly #broken = new Set<Id>()
  readonly #kinds = new Set<FindingKind>()
  #hasDamagedIndex = false

  constructor(onFinding: ((finding: Finding) => void) | undefined) {
    this.#onFinding = onFinding
  }

  readonly report: Report = (finding) => {
    this.#counts[finding.severity]++
    this.#kinds.add(finding.kind)
    if (finding.file?.type === 'pack' && brokenKinds.has(finding.kind)) this.#broken.add(finding.file.name)
    if (finding.file?.type === 'index') this.#hasDamagedIndex = true
    this.#onFinding?.(finding)
  }

  result() {
    return {
      errors: this.#counts.error,
      warnings: this.#counts.warning,
      notes: this.#counts.note,
      brokenPacks: [...this.#broken].sort(),
      suggestRepairIndex: this.#hasDamagedIndex || this.#kinds.has('repeated-pack') || this.#kinds.has('missing-pack'),
      suggestPrune: this.#kinds.has('orphan-pack') || this.#kinds.has('mixed-pack'),
    }
  }
}
