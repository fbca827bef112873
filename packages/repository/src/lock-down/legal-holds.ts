import { CoffreError } from '@coffre/foundation'
import { type FileHandle, forEachBounded } from '@coffre/storage'
import type { Id } from '../format/node.ts'
import type { RepositoryIndex } from '../index/repository-index.ts'
import type { Repository } from '../repository/repository.ts'
import { loadSnapshot } from '../snapshots/snapshots.ts'
import { appendState } from '../state/append-state.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { type Hold, ledgerKey, legallyHeldPacks, type VaultState } from '../state/vault-state.ts'
import { requireAuthenticVersion } from './authentic-version.ts'
import { packsOf } from './refer-trees.ts'

export interface HoldRequest {
  readonly name: string
  readonly reason: string
  readonly snapshots: readonly Id[]
}

const requestsAtOnce = 8

/**
 * Holds snapshots and every pack that they need until the hold is released (rule L10): recorded first, then set as legal holds
 * where the store has them. After an interruption the same call completes it. A name can be used once at a time.
 */
export async function placeHold(
  repository: Repository,
  index: RepositoryIndex,
  request: HoldRequest,
  signal: AbortSignal,
): Promise<VaultState> {
  return hold(
    repository,
    index,
    request,
    (present) => {
      if (present === undefined || request.snapshots.every((id) => present.snapshots.has(id))) return
      throw new CoffreError('usage.invalid', `there is a hold ${JSON.stringify(request.name)} already, on other snapshots`, {
        hint: 'Choose another name, or release that hold first.',
      })
    },
    signal,
  )
}

/** The same where a hold of that name may be there: it holds these snapshots too from now on. */
export async function extendHold(
  repository: Repository,
  index: RepositoryIndex,
  request: HoldRequest,
  signal: AbortSignal,
): Promise<VaultState> {
  return hold(repository, index, request, () => undefined, signal)
}

async function hold(
  repository: Repository,
  index: RepositoryIndex,
  { name, reason, snapshots }: HoldRequest,
  assertFits: (present: Hold | undefined) => void,
  signal: AbortSignal,
): Promise<VaultState> {
  const trees = await Promise.all(snapshots.map(async (id) => (await loadSnapshot(repository, id, signal)).tree))
  const packs = [...(await packsOf(repository, index, trees, signal))].sort()
  const state = await appendState(
    repository,
    ({ holds }) => {
      const present = holds.get(name)
      assertFits(present)
      const added = {
        snapshots: snapshots.filter((id) => present?.snapshots.has(id) !== true),
        packs: packs.filter((id) => present?.packs.has(id) !== true),
      }
      const isKnown = present !== undefined && added.snapshots.length + added.packs.length === 0
      return isKnown ? undefined : { kind: 'hold', name, reason, ...added }
    },
    signal,
  )
  await setLegalHolds(repository, state, filesOf(packs, snapshots), true, signal)
  return state
}

/** Ends a hold. What other holds need stays held. After an interruption the same call completes it. */
export async function releaseHold(repository: Repository, name: string, signal: AbortSignal): Promise<VaultState> {
  const before = await loadVaultState(repository, signal)
  const hold = before.holds.get(name)
  if (hold === undefined) throw new CoffreError('usage.invalid', `there is no hold ${JSON.stringify(name)}`)
  // Released in the store before the record goes: what is recorded as free must not stay held for ever.
  const others: VaultState = { ...before, holds: new Map([...before.holds].filter(([other]) => other !== name)) }
  const stillHeld = legallyHeldPacks(others)
  const heldSnapshots = new Set([...others.holds.values()].flatMap((hold) => [...hold.snapshots]))
  const free = filesOf(hold.packs, hold.snapshots).filter((file) =>
    file.type === 'pack' ? !stillHeld.has(file.name) : !heldSnapshots.has(file.name),
  )
  await setLegalHolds(repository, before, free, false, signal)
  return appendState(repository, (state) => (state.holds.has(name) ? { kind: 'release', name } : undefined), signal)
}

function filesOf(packs: Iterable<Id>, snapshots: Iterable<Id>): FileHandle[] {
  return [
    ...[...packs].map((name): FileHandle => ({ type: 'pack', name })),
    ...[...snapshots].map((name): FileHandle => ({ type: 'snapshot', name })),
  ]
}

async function setLegalHolds(
  repository: Repository,
  state: VaultState,
  files: readonly FileHandle[],
  held: boolean,
  signal: AbortSignal,
): Promise<void> {
  const lock = repository.backend.objectLock
  if (lock === undefined) return
  await forEachBounded(files, requestsAtOnce, async (file) => {
    const versionId = state.ledger.get(ledgerKey(file))?.versionId ?? (await requireAuthenticVersion(lock, file, signal)).versionId
    await lock.legalHold(file, versionId, held, signal)
  })
}
