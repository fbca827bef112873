import { CoffreError, isCoffreError } from '@coffre/foundation'
import {
  listSnapshots,
  loadDocuments,
  loadVaultState,
  type Repository,
  type StoredSnapshot,
  type VaultState,
} from '@coffre/repository'
import type { Backend } from '@coffre/storage'
import type { VaultPlaces } from '../vaults/vault-places.ts'
import { type ReadRecords, readRecords } from './vault-records.ts'

/** A vault as it is found when the catalogue is lost: everything that it says of itself. */
export interface FoundVault extends AsyncDisposable {
  readonly location: string
  readonly repository: Repository
  readonly state: VaultState
  readonly records: ReadRecords
  /** The oldest first. */
  readonly snapshots: readonly StoredSnapshot[]
}

/**
 * Opens a vault with the first of these recovery keys that fits and reads its state, before anything else, its documents and its
 * snapshots. Changes nothing. `repository.password`, `repository.missing`, `repository.state-broken` and the like when it cannot.
 */
export async function findVault(
  places: VaultPlaces,
  location: string,
  recoveryKeys: readonly string[],
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<FoundVault> {
  await using stack = new AsyncDisposableStack()
  const storage = stack.use(await places.openStorage(location, undefined, signal))
  const repository = await openWithOne(places, storage, location, recoveryKeys, signal)
  const state = await loadVaultState(repository, signal)
  const records = readRecords(await loadDocuments(repository, state, signal), location)
  const snapshots = await listSnapshots(repository, signal, (id, error) =>
    log(`snapshot ${id} is damaged and becomes no point: ${error instanceof Error ? error.message : String(error)}`),
  )
  const kept = stack.move()
  return { location, repository, state, records, snapshots, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function openWithOne(
  places: VaultPlaces,
  storage: Backend,
  location: string,
  recoveryKeys: readonly string[],
  signal: AbortSignal,
): Promise<Repository> {
  for (const key of recoveryKeys) {
    try {
      return await places.openRepository(storage, Buffer.from(key), signal)
    } catch (error) {
      if (!isCoffreError(error, 'repository.password')) throw error
    }
  }
  throw new CoffreError('repository.password', `none of the ${recoveryKeys.length} recovery keys opens the vault at ${location}`, {
    hint: 'Each vault has a recovery key of its own, on its recovery kit: one key on a line, dashes included. Nothing was changed.',
  })
}
