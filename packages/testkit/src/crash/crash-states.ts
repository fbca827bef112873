import { type Backend, MemoryBackend, type MemoryOperation, type StoredFiles } from '@coffre/storage'
import { SeededRandom } from '../seeded-random.ts'
import { applies, type CrashPoint, type CrashVariant, crashVariants, decideAt, isSurvivable } from './crash-point.ts'
import { rebuild } from './rebuild.ts'
import { stateHash } from './stored-files.ts'

/** What is to be stopped: everything that it stores, it stores through `backend`. The same each time, but for randomness and time. */
export type Scenario = (backend: Backend) => Promise<unknown>

export interface Recording {
  readonly operations: readonly MemoryOperation[]
  readonly after: StoredFiles
}

export interface CrashState {
  readonly point: CrashPoint
  readonly files: StoredFiles
  /** Equal for equal files. */
  readonly hash: string
  /** Whether the scenario got to its end all the same, which only those can that survive the stop. */
  readonly completed: boolean
}

export interface CrashOptions {
  readonly variants?: readonly CrashVariant[]
  /** Decides `unsynced-mixed`. */
  readonly seed?: number
}

/** Runs the scenario once, undisturbed, on a copy of `before`. */
export async function recordScenario(before: StoredFiles, scenario: Scenario): Promise<Recording> {
  const backend = new MemoryBackend({ files: before })
  await scenario(backend)
  return { operations: backend.operations, after: backend.files() }
}

/** What is stored when the scenario, run on a copy of `before`, is stopped at `point`. */
export async function crashAt(
  before: StoredFiles,
  scenario: Scenario,
  recording: Recording,
  point: CrashPoint,
  seed = 1,
): Promise<CrashState> {
  if (!isSurvivable(point.variant)) {
    const files = rebuild(before, recording.operations, point, new SeededRandom(seed + point.operation))
    return { point, files, hash: stateHash(files), completed: false }
  }
  const backend = new MemoryBackend({ files: before, decide: decideAt(point) })
  const completed = await scenario(backend).then(
    () => true,
    () => false,
  )
  const files = backend.files()
  return { point, files, hash: stateHash(files), completed }
}

/** Every distinct outcome of stopping the scenario at each of its operations, in each variant. Enumerated, not sampled. */
export async function* crashStates(
  before: StoredFiles,
  scenario: Scenario,
  options: CrashOptions = {},
): AsyncGenerator<CrashState> {
  const recording = await recordScenario(before, scenario)
  const seen = new Set<string>()
  for (const [index, operation] of recording.operations.entries()) {
    for (const variant of options.variants ?? crashVariants) {
      if (!applies(variant, operation)) continue
      const state = await crashAt(before, scenario, recording, { operation: index, variant }, options.seed)
      const key = `${state.hash} ${state.completed}`
      if (seen.has(key)) continue
      seen.add(key)
      yield state
    }
  }
}
