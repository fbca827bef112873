import {
  type Held,
  heldAt,
  type Id,
  LockSession,
  loadVaultState,
  type RepositoryIndex,
  recordKnown,
  type WriteLock,
} from '@coffre/repository'
import type { FileHandle } from '@coffre/storage'
import type { Session } from './open-session.ts'

type Opened = Pick<Session, 'repository' | 'signal'>

/** What the vault's state forbids to remove now. A state that cannot be believed is an error: nothing may be removed then. */
export async function heldNow({ repository, signal }: Opened): Promise<Held> {
  return heldAt(await loadVaultState(repository, signal), repository.context.clock.nowMs())
}

/** What keeps the files of a locked vault under retention; nothing where the vault asks for no lock. Comes before any writer. */
export async function writeLock({ repository, signal }: Opened, index: RepositoryIndex): Promise<{ readonly lock?: WriteLock }> {
  const lock = await LockSession.open(repository, index, {}, signal)
  return lock === undefined ? {} : { lock }
}

interface Change {
  readonly added?: readonly Id[]
  readonly removed?: readonly Id[]
}

/** Tells the vault's state, where there is one, which snapshots came and went, so that a check misses those that vanish. */
export function recordSnapshots(session: Opened, change: Change): Promise<void> {
  return record(session, 'snapshot', change)
}

export function recordKeys(session: Opened, change: Change): Promise<void> {
  return record(session, 'key', change)
}

async function record(
  { repository, signal }: Opened,
  type: 'snapshot' | 'key',
  { added = [], removed = [] }: Change,
): Promise<void> {
  if (added.length + removed.length === 0) return
  const files = (names: readonly Id[]): FileHandle[] => names.map((name) => ({ type, name }))
  await recordKnown(repository, { added: files(added), removed: files(removed) }, signal)
}
