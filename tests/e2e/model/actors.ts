import { isCoffreError } from '@coffre/foundation'
import {
  type BackupOptions,
  BlobReader,
  backup,
  type Id,
  KeptVault,
  type LoadIndexOptions,
  listSnapshots,
  loadIndex,
  lockRepository,
  type Repository,
  type RepositoryIndex,
} from '@coffre/repository'
import { forgetSnapshots } from '../../../packages/repository/src/forget/forget-snapshots.ts'
import { executePrune } from '../../../packages/repository/src/prune/execute-prune.ts'
import { nothingHeld } from '../../../packages/repository/src/prune/held.ts'
import { planPrune } from '../../../packages/repository/src/prune/plan-prune.ts'
import { markPrune, swapPrune, sweepPrune } from '../../../packages/repository/src/prune/two-phase-prune.ts'
import { StatePruneLedger } from '../../../packages/repository/src/state/state-prune-ledger.ts'
import { selectionOf, sourceFiles, sourceFolder } from './base-vault.ts'
import type { Catalogue, Session } from './catalogue.ts'
import { ResticLock } from './restic-lock.ts'
import type { Actor } from './world.ts'

/** What an actor has at hand: its own view of the repository, and its own dice. */
export interface Role {
  readonly actor: Actor
  readonly repository: Repository
  readonly draw: (below: number) => number
  readonly backupOptions: (packBytes: number) => BackupOptions
  readonly catalogue: Catalogue
  /** Where the catalogue's clock begins, as a date in milliseconds. */
  readonly epochMs: number
  readonly signal: AbortSignal
  /** The lease of those who work for the server. */
  readonly session: Session | undefined
}

/** Long enough to outlast a lock that an operator has to remove. */
const retryForMs = 3 * 3_600_000
const backupsInARow = 3
const pauseMsMax = 60_000
const pruneOptions = { packBytes: 4096, maxUnused: { kind: 'bytes', sizeBytes: 0 } } as const

/** One piece of work, from beginning to end. */
export type Work = (role: Role) => Promise<unknown>

async function store(role: Role, index: RepositoryIndex, confirmed: Promise<void>, signal: AbortSignal): Promise<void> {
  const options = {
    ...role.backupOptions(4096),
    selection: selectionOf(1 + role.draw(2 ** sourceFiles - 1)),
    confirmed,
    cut: 'fixed',
    onError: () => undefined,
  } as const
  await backup(role.repository, index, [sourceFolder], options, signal)
}

/** As `coffre repo backup` works: the index is read while the lock settles. */
export const coffreBackup: Work = async (role) => {
  await using lock = await lockRepository(role.repository, { exclusive: false, retryForMs }, role.signal)
  const index = await loadIndex(role.repository, { trustOnlyListedPacks: true }, lock.signal)
  await store(role, index, lock.confirmed, lock.signal)
}

/** As the server's worker works: with a lease, and around the candidates of a prune. */
export const leasedBackup: Work = (role) => backupAround(role, (trust, signal) => loadIndex(role.repository, trust, signal))

/** A worker that does one backup after the other, and knows of the vault what the ones before have read. */
export const workerBackups: Work = async (role) => {
  const kept = new KeptVault(role.repository)
  for (let round = 0; round < backupsInARow; round++) {
    const session = role.catalogue.begin(role.actor)
    const guard = role.repository.guardBy(session)
    try {
      await backupAround({ ...role, session }, (trust, signal) => kept.index.load(trust, signal))
    } catch (error) {
      // The next job is another one.
      if (!isCoffreError(error, 'repository.locked', 'storage.unavailable')) throw error
    } finally {
      guard[Symbol.dispose]()
      session.end()
    }
    await role.repository.context.clock.sleep(role.draw(pauseMsMax), role.signal)
  }
}

async function backupAround(
  role: Role,
  load: (trust: LoadIndexOptions, signal: AbortSignal) => Promise<RepositoryIndex>,
): Promise<void> {
  await using lock = await lockRepository(role.repository, { exclusive: false, retryForMs }, role.signal)
  const signal = withLease(role, lock.signal)
  const candidates = await new StatePruneLedger(role.repository).candidates(signal)
  const withoutPacks = new Set(candidates.map(({ pack }) => pack))
  const index = await load({ trustOnlyListedPacks: true, withoutPacks }, signal)
  await store(role, index, lock.confirmed, signal)
}

/** Stock restic: trusts the index that it loaded, knows no candidates and no leases. */
export const resticBackup: Work = async (role) => {
  await using lock = await ResticLock.take(role.repository, false, role.signal)
  const signal = AbortSignal.any([role.signal, lock.signal])
  const index = await loadIndex(role.repository, {}, signal)
  await store(role, index, Promise.resolve(), signal)
}

export const coffrePrune: Work = async (role) => {
  await using lock = await lockRepository(role.repository, { exclusive: true, retryForMs }, role.signal)
  const plan = await planPrune(role.repository, pruneOptions, lock.signal)
  await executePrune(role.repository, plan, pruneOptions, lock.signal)
}

export const resticPrune: Work = async (role) => {
  await using lock = await ResticLock.take(role.repository, true, role.signal)
  const signal = AbortSignal.any([role.signal, lock.signal])
  const plan = await planPrune(role.repository, pruneOptions, signal)
  await executePrune(role.repository, plan, pruneOptions, signal)
}

export const mark: Work = async (role) => {
  await using lock = await lockRepository(role.repository, { exclusive: false, retryForMs }, role.signal)
  await lock.confirmed
  await markPrune(role.repository, new StatePruneLedger(role.repository), pruneOptions, withLease(role, lock.signal))
}

export const swap: Work = async (role) => {
  await using lock = await lockRepository(role.repository, { exclusive: true, retryForMs }, role.signal)
  await swapPrune(role.repository, new StatePruneLedger(role.repository), sessionsOf(role), withLease(role, lock.signal))
}

export const sweep: Work = async (role) => {
  await using lock = await lockRepository(role.repository, { exclusive: false, retryForMs }, role.signal)
  await lock.confirmed
  await sweepPrune(role.repository, new StatePruneLedger(role.repository), sessionsOf(role), withLease(role, lock.signal))
}

export const forget: Work = async (role) => {
  await using lock = await lockRepository(role.repository, { exclusive: true, retryForMs }, role.signal)
  const snapshots = await listSnapshots(role.repository, lock.signal)
  const gone = snapshots.filter(() => role.draw(2) === 0).map(({ id }) => id)
  await forgetSnapshots(role.repository, gone.slice(0, snapshots.length - 1), { held: nothingHeld }, lock.signal)
}

/** Reads all of one snapshot. Rejects if anything of it is missing though the snapshot itself is still there. */
export const read: Work = async (role) => {
  await using lock = await lockRepository(role.repository, { exclusive: false, retryForMs }, role.signal)
  await lock.confirmed
  const snapshots = await listSnapshots(role.repository, lock.signal)
  const snapshot = snapshots[role.draw(snapshots.length)]
  if (snapshot === undefined) return
  const reader = new BlobReader(role.repository, await loadIndex(role.repository, {}, lock.signal))
  await readTree(reader, snapshot.tree, lock.signal)
}

async function readTree(reader: BlobReader, tree: Id, signal: AbortSignal): Promise<void> {
  for (const node of await reader.tree(tree, signal)) {
    for (const id of node.content ?? []) await reader.blob(id, false, signal)
    if (node.subtree !== undefined) await readTree(reader, node.subtree, signal)
  }
}

function withLease(role: Role, signal: AbortSignal): AbortSignal {
  return role.session === undefined ? signal : AbortSignal.any([signal, role.session.signal])
}

function sessionsOf(role: Role): { readonly oldestSessionMs?: number } {
  const oldestSessionMs = role.catalogue.oldestSessionMs(role.epochMs, role.actor)
  return oldestSessionMs === undefined ? {} : { oldestSessionMs }
}
