import assert from 'node:assert/strict'
import { type Finding, type Id, type Repository, removeLocks, removeUnreadableSnapshots, repairIndex } from '@coffre/repository'
import { type Backend, MemoryBackend, pathOf, RetryBackend, type StoredFiles } from '@coffre/storage'
import { type CrashState, crashStates } from '@coffre/testkit'
import { reopened } from './process-context.ts'
import { errorsOf, snapshotDigests } from './vault-content.ts'

const signal = new AbortController().signal

/** What is stopped, and what has to hold whenever it was stopped. */
export interface CrashCase {
  /** Gives the keys and the context; where `committed` is given, it has those snapshots whole. */
  readonly repository: Repository
  readonly before: StoredFiles
  /** Everything the operation does with the vault, locking included, as a process of its own. */
  readonly operation: (repository: Repository) => Promise<unknown>
  /** Snapshots that the operation may remove. */
  readonly mayGo?: ReadonlySet<Id>
  /** The snapshots that are whole to begin with, where not all are. */
  readonly committed?: ReadonlySet<Id>
  /** Damage that was there before and that the operation is about. */
  readonly isKnown?: (finding: Finding) => boolean
  /** Asserts what the operation promised; called after it was run again. */
  readonly promised: (repository: Repository, where: string) => Promise<void>
  readonly seed: number
}

export interface CrashProof {
  /** Every distinct state that was looked at. */
  readonly states: readonly CrashState[]
}

/**
 * Stops the operation at each of its storage operations in each variant, and proves of each distinct state that no snapshot from
 * before is harmed, that a check finds nothing wrong beyond files that the stop itself cut short, and that running the operation
 * again leads to a repository without fault that has what was promised.
 */
export async function proveCrashSafe(crash: CrashCase): Promise<CrashProof> {
  const whole =
    crash.committed === undefined ? reopened(crash.repository, new MemoryBackend({ files: crash.before }), 1) : crash.repository
  const committed = await snapshotDigests(whole, crash.committed)
  for (const id of crash.mayGo ?? []) committed.delete(id)
  const run = (backend: Backend): Promise<unknown> => crash.operation(reopened(crash.repository, backend, 2))
  const patient = (backend: Backend): Promise<unknown> => {
    const { context } = reopened(crash.repository, backend, 2)
    return run(new RetryBackend(backend, context))
  }
  const states: CrashState[] = []
  for await (const state of crashStates(crash.before, run, { seed: crash.seed })) states.push(state)
  for await (const state of crashStates(crash.before, patient, { variants: ['acknowledgement-lost'], seed: crash.seed }))
    states.push(state)
  for (const state of states) await proveState(crash, committed, state)
  return { states }
}

async function proveState(crash: CrashCase, committed: ReadonlyMap<Id, string>, state: CrashState): Promise<void> {
  const where = `stopped at operation ${state.point.operation}, ${state.point.variant}, seed ${crash.seed}`
  const backend = new MemoryBackend({ files: state.files })
  const found = await errorsOf(reopened(crash.repository, backend, 3))
  const damage = found.filter((finding) => !isCutShort(finding, crash.before) && crash.isKnown?.(finding) !== true)
  assert.deepEqual(damage, [], where)
  if (crash.isKnown === undefined) await assertWhole(crash.repository, backend, committed, where)

  const next = reopened(crash.repository, backend, 4)
  await tidy(next, found, crash.before)
  await crash.operation(next)
  assert.deepEqual(await errorsOf(next), [], `${where}, then run again`)
  await assertWhole(crash.repository, backend, committed, `${where}, then run again`)
  await crash.promised(next, where)
}

/** Each snapshot from before is there and has all of its content. */
async function assertWhole(
  repository: Repository,
  backend: Backend,
  committed: ReadonlyMap<Id, string>,
  where: string,
): Promise<void> {
  const digests = await snapshotDigests(reopened(repository, backend, 5), new Set(committed.keys()))
  assert.deepEqual(Object.fromEntries(digests), Object.fromEntries(committed), where)
}

/** A lock, index or snapshot that was on its way when the power went, and that nobody was told of. */
function isCutShort({ kind, file }: Finding, before: StoredFiles): boolean {
  if (kind !== 'damaged-file' || file === undefined || before.has(pathOf(file))) return false
  return file.type === 'lock' || file.type === 'index' || file.type === 'snapshot'
}

/** What the hints of the errors tell to do. */
async function tidy(repository: Repository, found: readonly Finding[], before: StoredFiles): Promise<void> {
  await removeLocks(
    repository,
    found.some(({ file }) => file?.type === 'lock'),
    signal,
  )
  const torn = new Set(found.filter((finding) => isCutShort(finding, before)).map(({ file }) => file?.type))
  if (torn.has('snapshot')) await removeUnreadableSnapshots(repository, {}, signal)
  if (torn.has('index')) await repairIndex(repository, {}, signal)
}
