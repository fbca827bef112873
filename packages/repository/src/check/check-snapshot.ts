import { hash } from 'node:crypto'
import { forEachBounded } from '@coffre/storage'
import type { StoredSnapshot } from '../format/snapshot.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { Repository } from '../repository/repository.ts'
import type { Bitmap } from './bitmap.ts'
import type { PackSizes } from './check-packs.ts'
import { checkTrees } from './check-trees.ts'
import type { Finding, Report } from './finding.ts'
import { PackTotals } from './pack-totals.ts'
import { readPacks } from './read-packs.ts'

/** So many packs are asked for one by one: a listing names all that the vault has. */
const askedPacksMax = 32
const statsAtOnce = 8

/** What of a snapshot's packs is read, every byte of them: nothing, everything, or as much as this, drawn by the seed. */
export type SnapshotReading = 'none' | 'all' | { readonly seed: string; readonly bytes: number }

export interface SnapshotCheckOptions {
  readonly read: SnapshotReading
  readonly onFinding?: (finding: Finding) => void
  /** Trees as they are discovered, then bytes of packs. */
  readonly onProgress?: (phase: 'trees' | 'packs', done: number, total: number) => void
}

export interface SnapshotCheckResult {
  readonly errors: number
  /** Blobs and packs that the snapshot needs. */
  readonly blobs: number
  readonly packs: number
  readonly packBytes: number
  readonly packsRead: number
  readonly bytesRead: number
}

/**
 * Looks whether one snapshot can be restored: every tree is read, every blob that it needs is in the index and its pack, by the
 * storage's word, is there and long enough; and packs are read as `read` says. Of several copies of a blob one suffices. Damage
 * becomes findings; rejects only when the storage fails or the signal is aborted. The same seed draws the same packs.
 */
export async function checkSnapshot(
  repository: Repository,
  index: RepositoryIndex,
  snapshot: StoredSnapshot,
  options: SnapshotCheckOptions,
  signal: AbortSignal,
): Promise<SnapshotCheckResult> {
  let errors = 0
  const report: Report = (finding) => {
    if (finding.severity === 'error') errors++
    options.onFinding?.(finding)
  }
  const onTrees = (done: number, known: number): void => options.onProgress?.('trees', done, known)
  const used = await checkTrees(repository, index, [snapshot], report, onTrees, signal)
  const sizes = await sizesOf(repository, index, used, signal)
  const packs = packsNeeded(index, used, sizes, report)
  const chosen = choosePacks(index, packs, sizes, options.read)
  const chosenBytes = bytesOf(chosen, sizes)
  const onPacks = (_done: number, _total: number, bytes: number): void => options.onProgress?.('packs', bytes, chosenBytes)
  const read =
    chosen.length === 0
      ? { packs: 0, readBytes: 0 }
      : await readPacks(repository, index, chosen, sizes, new PackTotals(index), true, report, onPacks, signal)
  return {
    errors,
    blobs: used.size,
    packs: packs.length,
    packBytes: bytesOf(packs, sizes),
    packsRead: read.packs,
    bytesRead: read.readBytes,
  }
}

/** The sizes of the packs that hold what is used, -1 for those that are not there. */
async function sizesOf(repository: Repository, index: RepositoryIndex, used: Bitmap, signal: AbortSignal): Promise<PackSizes> {
  const sizes = new Float64Array(index.packs.limit).fill(-1)
  const asked = fewPacksOf(index, used)
  if (asked === undefined) {
    // One listing costs a thousandth of asking for each pack.
    for await (const { name, sizeBytes } of repository.backend.list('pack', signal)) {
      const pack = index.packs.find(name)
      if (pack >= 0) sizes[pack] = sizeBytes
    }
  } else {
    await forEachBounded(asked, statsAtOnce, async (pack) => {
      const found = await repository.backend.stat({ type: 'pack', name: index.packs.id(pack) }, signal)
      sizes[pack] = found?.sizeBytes ?? -1
    })
  }
  return sizes
}

/** Every pack that has something of what is used; undefined when they are many. */
function fewPacksOf(index: RepositoryIndex, used: Bitmap): ReadonlySet<number> | undefined {
  const packs = new Set<number>()
  for (const entry of used) {
    for (const sibling of index.blobs.siblings(entry)) packs.add(index.blobs.packOf(sibling))
    if (packs.size > askedPacksMax) return undefined
  }
  return packs
}

/** For each blob a pack that has it; a finding for each pack that should have had the only copy of one. */
function packsNeeded(index: RepositoryIndex, used: Bitmap, sizes: PackSizes, report: Report): number[] {
  const packs = new Set<number>()
  const lacking = new Set<number>()
  for (const entry of used) {
    const places = index.blobs.siblings(entry).map((sibling) => index.blobs.location(sibling))
    const place = places.find(({ pack, offset, sealedBytes }) => (sizes[pack] ?? -1) >= offset + sealedBytes)
    if (place !== undefined) packs.add(place.pack)
    else for (const { pack } of places.slice(0, 1)) lacking.add(pack)
  }
  for (const pack of lacking) {
    const name = index.packs.id(pack)
    const isThere = (sizes[pack] ?? -1) >= 0
    report({
      kind: isThere ? 'wrong-size' : 'missing-pack',
      severity: 'error',
      file: { type: 'pack', name },
      message: isThere ? `pack ${name} ends before a blob that is needed` : `pack ${name} is needed and not in the storage`,
    })
  }
  return [...packs]
}

function choosePacks(index: RepositoryIndex, packs: readonly number[], sizes: PackSizes, read: SnapshotReading): number[] {
  if (read === 'none') return []
  if (read === 'all') return [...packs]
  const drawn = packs
    .map((pack) => ({ pack, order: hash('sha256', `${read.seed} ${index.packs.id(pack)}`, 'hex') }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
  const chosen: number[] = []
  let bytes = 0
  for (const { pack } of drawn) {
    if (chosen.length > 0 && bytes >= read.bytes) break
    chosen.push(pack)
    bytes += sizes[pack] ?? 0
  }
  return chosen
}

function bytesOf(packs: readonly number[], sizes: PackSizes): number {
  return packs.reduce((sum, pack) => sum + Math.max(0, sizes[pack] ?? 0), 0)
}
