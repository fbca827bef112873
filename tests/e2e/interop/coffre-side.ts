import assert from 'node:assert/strict'
import { type ByteString, CoffreError } from '@coffre/foundation'
import {
  type BackupOptions,
  type BackupResult,
  backup,
  changeTags,
  checkRepository,
  contentCutOf,
  executePrune,
  forgetSnapshots,
  gearSecret,
  type Id,
  listSnapshots,
  loadIndex,
  nothingHeld,
  type PruneOptions,
  planPrune,
  type Repository,
  Restorer,
  type StoredSnapshot,
  selectAll,
} from '@coffre/repository'
import type { ResticVault } from '@coffre/testkit'

/** How a repository is written; the tests vary it. */
export interface WriteVariation {
  readonly compression: BackupOptions['compression']
  readonly cut: BackupOptions['cut']
  /** 'own' is what Coffre chooses for the repository by itself. */
  readonly contentCut: 'own' | 'gear' | 'rabin'
  readonly packBytes: number
}

export const plainVariation: WriteVariation = { compression: 'auto', cut: 'auto', contentCut: 'own', packBytes: 16 * 1024 * 1024 }

/** Backs up with Coffre; any item that cannot be read fails. The parent is the newest snapshot unless given. */
export async function coffreBackup(
  vault: ResticVault,
  targets: readonly ByteString[],
  variation: WriteVariation = plainVariation,
  options: Partial<BackupOptions> = {},
): Promise<BackupResult & { readonly snapshotId: Id }> {
  const repository = await vault.open()
  const index = await loadIndex(repository, {}, vault.signal)
  const result = await backup(
    repository,
    index,
    targets,
    { ...(await backupOptions(vault, repository, variation)), ...options },
    vault.signal,
  )
  const { snapshotId } = result
  assert.ok(snapshotId !== undefined)
  return { ...result, snapshotId }
}

/** Restores with Coffre to a folder; anything that goes wrong fails. */
export async function coffreRestore(
  vault: ResticVault,
  snapshotId: Id,
  target: ByteString,
  options: { readonly sparse?: boolean; readonly removeOthers?: boolean } = {},
): Promise<void> {
  const repository = await vault.open()
  const index = await loadIndex(repository, {}, vault.signal)
  const { tree } = await snapshotOf(vault, snapshotId, repository)
  const counts = await Restorer.restore(
    repository,
    index,
    tree,
    target,
    {
      select: () => ({ selected: true, childMayBeSelected: true }),
      selectAttribute: () => true,
      overwrite: 'always',
      removeOthers: options.removeOthers ?? false,
      sparse: options.sparse ?? false,
      dryRun: false,
      verify: options.sparse ?? false,
      onError(location, error) {
        throw new Error(`${location} could not be restored`, { cause: error })
      },
    },
    vault.signal,
  )
  assert.equal(counts.errors, 0)
}

/** Checks with Coffre, every byte; any error or warning fails. */
export async function coffreCheck(vault: ResticVault): Promise<void> {
  const found: string[] = []
  const result = await checkRepository(
    await vault.open(),
    { readData: 'all', onFinding: ({ severity, message }) => severity !== 'note' && found.push(`${severity}: ${message}`) },
    vault.signal,
  )
  assert.deepEqual(found, [])
  assert.equal(result.packsRead, result.packs)
}

export async function coffreForget(vault: ResticVault, ids: readonly Id[]): Promise<void> {
  await forgetSnapshots(await vault.open(), ids, { held: nothingHeld }, vault.signal)
}

export async function coffrePrune(vault: ResticVault, options: PruneOptions = {}, packBytes?: number): Promise<void> {
  const repository = await vault.open()
  const plan = await planPrune(repository, options, vault.signal)
  await executePrune(repository, plan, packBytes === undefined ? {} : { packBytes }, vault.signal)
}

/** Adds a tag to a snapshot, which gets another id by that: the new one. */
export async function coffreTag(vault: ResticVault, id: Id, tag: string): Promise<Id> {
  const repository = await vault.open()
  const ids: Id[] = []
  const options = {
    change: { add: [tag], remove: [] },
    held: nothingHeld,
    onChanged: (_: Id, newId: Id) => ids.push(newId),
    onError(snapshot: Id, error: unknown) {
      throw new Error(`snapshot ${snapshot} could not be tagged`, { cause: error })
    },
  }
  await changeTags(repository, [await snapshotOf(vault, id, repository)], options, vault.signal)
  const [newId] = ids
  assert.ok(newId !== undefined)
  return newId
}

export async function coffreSnapshots(vault: ResticVault): Promise<StoredSnapshot[]> {
  return listSnapshots(await vault.open(), vault.signal)
}

async function snapshotOf(vault: ResticVault, id: Id, repository: Repository): Promise<StoredSnapshot> {
  const snapshot = (await listSnapshots(repository, vault.signal)).find((other) => other.id === id)
  if (snapshot === undefined) throw new CoffreError('snapshot.missing', `there is no snapshot ${id}`)
  return snapshot
}

async function backupOptions(vault: ResticVault, repository: Repository, variation: WriteVariation): Promise<BackupOptions> {
  const own = await contentCutOf(repository, vault.signal)
  const cuts = {
    own,
    gear: { kind: 'gear', secret: gearSecret(repository) },
    rabin: { kind: 'rabin', polynomial: repository.config.chunkerPolynomial },
  } as const
  return {
    selection: selectAll,
    withAtime: false,
    cut: variation.cut,
    force: false,
    ignoreCtime: false,
    ignoreInode: false,
    onError(path, error) {
      throw new Error(`${path} could not be backed up`, { cause: error })
    },
    tags: [],
    hostname: 'interop',
    excludes: [],
    parent: (await listSnapshots(repository, vault.signal)).at(-1),
    compression: variation.compression,
    verification: 'trees',
    contentCut: cuts[variation.contentCut],
    programVersion: 'coffre test',
    skipIfUnchanged: false,
    workingFolder: '/',
    packBytes: variation.packBytes,
  }
}
