import { CoffreError, isCoffreError } from '@coffre/foundation'
import { type Backend, type FileHandle, forEachBounded, type ObjectLock, pathOf, type Retention } from '@coffre/storage'
import { type LockedFile, ledgerKey, type VaultState } from '../state/vault-state.ts'
import { requireAuthenticVersion } from './authentic-version.ts'
import { objectLockOf } from './store-time.ts'

/** A file that has to be locked, and its version where that is known. */
export interface FileToLock extends FileHandle {
  readonly versionId?: string
}

const requestsAtOnce = 8

/** Whether the ledger says that the file is locked in `mode`, or more strictly, for at least so long (rule L3). */
export function isLockedUntil(state: VaultState, file: FileHandle, mode: Retention['mode'], untilMs: number): boolean {
  const entry = state.ledger.get(ledgerKey(file))
  return entry !== undefined && entry.untilMs >= untilMs && (mode === 'governance' || entry.mode === 'compliance')
}

/**
 * Extends each file's retention to what `retentionOf` says of it, or leaves it where it is locked longer already. Resolves to what
 * the store has accepted for each. A version that is not known, or not there any more, is looked up by its content: so are files
 * that another program stored without a lock. Stores refuse to make a governance lock compliant to whoever may not break it: such
 * files are stored once more, on top, under the lock that is wanted.
 */
export async function lockFiles(
  backend: Backend,
  files: readonly FileToLock[],
  retentionOf: (file: FileHandle) => Retention,
  signal: AbortSignal,
): Promise<LockedFile[]> {
  const lock = objectLockOf(backend)
  const locked: LockedFile[] = []
  const lenient: LockedFile[] = []
  await forEachBounded(files, requestsAtOnce, async (file) => {
    const entry = await lockOne(lock, file, retentionOf(file), signal)
    if (isAtLeast(retentionOfEntry(entry), retentionOf(file))) locked.push(entry)
    else lenient.push(entry)
  })
  // One after the other: packs are large.
  for (const entry of lenient) locked.push(await storeOnceMore(backend, entry, retentionOf(entry), signal))
  return locked
}

/** As it is locked now where it could not be as is wanted, for being under governance. */
async function lockOne(lock: ObjectLock, file: FileToLock, wanted: Retention, signal: AbortSignal): Promise<LockedFile> {
  if (file.versionId !== undefined) {
    try {
      return await extend(lock, file, file.versionId, wanted, signal)
    } catch (error) {
      if (!isCoffreError(error, 'storage.missing')) throw error
    }
  }
  const { versionId } = await requireAuthenticVersion(lock, file, signal)
  return extend(lock, file, versionId, wanted, signal)
}

async function extend(
  lock: ObjectLock,
  file: FileHandle,
  versionId: string,
  wanted: Retention,
  signal: AbortSignal,
): Promise<LockedFile> {
  try {
    await lock.extend(file, versionId, wanted, signal)
    return entryOf(file, versionId, wanted)
  } catch (error) {
    if (!isCoffreError(error, 'storage.locked', 'storage.permission')) throw error
    const current = await lock.retention(file, versionId, signal)
    const isLenient = current?.mode === 'governance' && wanted.mode === 'compliance'
    if (current !== undefined && (isLenient || isAtLeast(current, wanted))) return entryOf(file, versionId, current)
    throw error
  }
}

async function storeOnceMore(
  backend: Backend,
  { type, name, versionId }: LockedFile,
  wanted: Retention,
  signal: AbortSignal,
): Promise<LockedFile> {
  const file: FileHandle = { type, name }
  const content = await objectLockOf(backend).loadVersion(file, versionId, undefined, signal)
  const stored = await backend.save(file, [content], { retention: wanted }, signal)
  await confirmLock(objectLockOf(backend), file, stored.versionId ?? '', wanted, signal)
  return entryOf(file, stored.versionId ?? '', wanted)
}

function entryOf({ type, name }: FileHandle, versionId: string, { mode, until }: Retention): LockedFile {
  return { type, name, versionId, mode, untilMs: until.getTime() }
}

function retentionOfEntry({ mode, untilMs }: LockedFile): Retention {
  return { mode, until: new Date(untilMs) }
}

/** What the store says of a version must be what was asked for: a store that ignores retentions locks nothing. */
export async function confirmLock(
  lock: ObjectLock,
  file: FileHandle,
  versionId: string,
  wanted: Retention,
  signal: AbortSignal,
): Promise<void> {
  const current = await lock.retention(file, versionId, signal)
  if (current !== undefined && isAtLeast(current, wanted)) return
  const found =
    current === undefined ? 'under no retention' : `under ${current.mode} retention until ${current.until.toISOString()}`
  throw new CoffreError(
    'storage.unsupported',
    `${pathOf(file)} should be under ${wanted.mode} retention until ${wanted.until.toISOString()}, and is ${found}`,
    {
      hint: 'Does this store keep object locks? Nothing in this vault counts as locked until it does.',
    },
  )
}

export function isAtLeast(current: Retention, wanted: Retention): boolean {
  return current.until >= wanted.until && (wanted.mode === 'governance' || current.mode === 'compliance')
}
