import { hash } from 'node:crypto'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { Backend, FileHandle, SaveOptions } from '@coffre/storage'
import type { Repository } from '../repository/repository.ts'
import { loadVaultState } from './load-vault-state.ts'
import { removeSuperseded } from './remove-superseded.ts'
import { sealDocument } from './sealed-document.ts'
import { settleDrafts } from './settle-drafts.ts'
import { readRecords, stateDocument } from './state-chain.ts'
import { applyChange, type StateChange } from './state-change.ts'
import { encodeChange } from './state-codec.ts'
import { copiesOfState, draftName, stateName } from './state-copies.ts'
import type { StateHead, VaultState } from './vault-state.ts'

/** So many records make a checkpoint due. */
const recordsPerCheckpoint = 64
/** Where the store does not decide between two writers, they see each other after so long. */
const settleMs = 200
const attemptsMax = 20

/**
 * Adds a record to the state: the one that `plan` makes of the newest state, or none. `plan` is asked again when another writer
 * was faster. Durable when it resolves, to the state that includes it. From time to time a checkpoint follows, which makes the
 * records before it superfluous; they are removed only once it is durable, so that an interruption leaves too many, never too few.
 */
export async function appendState(
  repository: Repository,
  plan: (state: VaultState) => StateChange | undefined,
  signal: AbortSignal,
): Promise<VaultState> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const state = await loadVaultState(repository, signal)
    await settleDrafts(repository, state.head?.number ?? 0, signal)
    const change = plan(state)
    if (change === undefined) return state
    const next = await tryAppend(repository, state, change, signal)
    if (next === undefined) continue
    if ((next.head?.number ?? 0) - next.base < recordsPerCheckpoint) return next
    const compact = await tryAppend(repository, next, { kind: 'checkpoint', state: next }, signal)
    if (compact !== undefined) await removeSuperseded(repository, compact.base, signal)
    return compact ?? next
  }
  throw new CoffreError(
    'repository.locked',
    `the vault's state was changed by others ${attemptsMax} times while this process tried to`,
    {
      hint: 'Try again when fewer programs work on this vault.',
    },
  )
}

/** Undefined when another writer's record has that number. */
async function tryAppend(
  repository: Repository,
  state: VaultState,
  change: StateChange,
  signal: AbortSignal,
): Promise<VaultState | undefined> {
  const number = (state.head?.number ?? 0) + 1
  const timeMs = Math.floor(repository.context.clock.nowMs())
  const sealed = sealDocument(repository, stateDocument, {
    number,
    previous: state.head?.hash ?? repository.config.id,
    base: change.kind === 'checkpoint' ? number : state.base,
    time: timeMs,
    kind: change.kind,
    body: encodeChange(change),
  })
  const head: StateHead = { number, hash: hash('sha256', sealed, 'hex') }
  const next = applyChange(state, change, head, timeMs)
  return (await saveRecord(repository, head, sealed, retentionOf(next), signal)) ? next : undefined
}

/** False when another writer's record has that number. */
async function saveRecord(
  repository: Repository,
  head: StateHead,
  sealed: Buffer,
  retention: SaveOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { backend } = repository
  const draft: FileHandle = { type: 'state', name: draftName(head.number, head.hash) }
  const needsDraft = backend.objectLock === undefined
  if (needsDraft) {
    await backend.save(draft, [sealed], {}, signal)
    await backend.flush(signal)
  }
  const isSaved = await saveIfAbsent(backend, { type: 'state', name: stateName(head.number) }, sealed, retention, signal)
  await backend.flush(signal)
  if (needsDraft) await backend.remove(draft, signal)
  return isSaved && (await isOurs(repository, head, signal))
}

async function saveIfAbsent(
  backend: Backend,
  file: FileHandle,
  sealed: Buffer,
  retention: SaveOptions,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await backend.save(file, [sealed], { ifAbsent: true, ...retention }, signal)
    return true
  } catch (error) {
    if (isCoffreError(error, 'storage.exists')) return false
    throw error
  }
}

/** Records of a locked vault are locked as long as the farthest point (rule L4). */
function retentionOf(state: VaultState): SaveOptions {
  if (state.lock === undefined || state.stateUntilMs === undefined) return {}
  return { retention: { mode: state.lock.mode, until: new Date(state.stateUntilMs) } }
}

/** Whether readers will take our record for that number: the store may have let two writers through. */
async function isOurs(repository: Repository, head: StateHead, signal: AbortSignal): Promise<boolean> {
  const { backend, context } = repository
  if (backend.abilities.conditionalCreate && backend.objectLock === undefined) return true
  if (!backend.abilities.conditionalCreate) await context.clock.sleep(settleMs, signal)
  const copies = await copiesOfState(backend, signal)
  const [first] = await readRecords(repository, head.number, copies.get(head.number) ?? [], signal)
  return first?.hash === head.hash
}
