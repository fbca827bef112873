import { type CoffreError, isCoffreError, systemContext } from '@coffre/foundation'
import { lockRepository, openRepository, type Repository, WorkerThreads, withVersionFallback } from '@coffre/repository'
import { type Backend, openBackend, parseLocation, ReadOnlyBackend } from '@coffre/storage'
import type { Call } from '../command.ts'
import { newRepositoryContext } from '../host/repository-context.ts'
import { CommandLineError } from '../messages/command-line-error.ts'
import { readPassword } from './read-password.ts'
import { mainRepository, type RepositoryChoice } from './repository-choice.ts'
import { storageSettings } from './storage-settings.ts'

export type LockKind =
  /** For commands that only read: --no-lock is obeyed. */
  | 'read'
  /** For commands that only add. */
  | 'append'
  | 'exclusive'
  | 'none'

export interface SessionOptions {
  readonly lock: LockKind
  /** Nothing is written: no lock, and a backend that swallows changes. */
  readonly dryRun?: boolean
  /** Much is going to be read or written: threads start while the repository is being opened. */
  readonly isBulk?: boolean
  /** Begin before an exclusive lock is confirmed: for commands that await it before they show or change anything. */
  readonly isEager?: boolean
  /** Another repository than the one that the global options name. */
  readonly choice?: RepositoryChoice
}

export interface Session extends AsyncDisposable {
  readonly repository: Repository
  /** Aborted too when the lock is lost. Work on the repository uses this signal. */
  readonly signal: AbortSignal
  /** Resolves once the lock is undisputed: awaited before anything is written. */
  readonly confirmed: Promise<void>
}

/** Opens and locks the repository that a call is about. What it took is given back when it is disposed of. */
export async function openSession(call: Call, options: SessionOptions): Promise<Session> {
  const choice = options.choice ?? (await mainRepository(call.globals, call.surroundings))
  await using stack = new AsyncDisposableStack()
  const threads = stack.use(new WorkerThreads())
  const context = { ...newRepositoryContext(call.surroundings.environment), threads }
  if (options.isBulk === true) threads.warm(context.workers)
  const password = await readPassword(choice.password, call.signal)
  const backend = stack.use(await openStorage(call, choice))
  // Where the store keeps versions, what was hidden or replaced is read all the same.
  const whole = withVersionFallback(backend)
  const seen = options.dryRun === true ? new ReadOnlyBackend(whole) : whole
  const keyHint = choice.keyHint === undefined ? {} : { keyHint: choice.keyHint }
  const repository = await openRepository(seen, context, { password, ...keyHint }, call.signal)
  const held = await hold(call, repository, options, stack)
  const kept = stack.move()
  return { repository, ...held, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

export async function openStorage(call: Call, choice: RepositoryChoice): Promise<Backend> {
  const location = parseLocation(choice.location)
  const settings = await storageSettings(call.globals, choice.credentials, call.surroundings)
  const onRetry = (error: CoffreError, pauseMs: number): void =>
    call.output.note(call.texts.say('storage.retrying', { problem: error.message, seconds: (pauseMs / 1000).toFixed(1) }))
  return openBackend(location, { ...settings, onRetry }, systemContext, call.signal)
}

async function hold(
  call: Call,
  repository: Repository,
  options: SessionOptions,
  stack: AsyncDisposableStack,
): Promise<Pick<Session, 'signal' | 'confirmed'>> {
  const { lock: kind } = options
  if (kind === 'none' || options.dryRun === true || (kind === 'read' && call.globals.noLock))
    return { signal: call.signal, confirmed: Promise.resolve() }
  // Whoever has finished need not wait until a lock that was never needed is confirmed.
  const ended = new AbortController()
  stack.defer(() => ended.abort())
  const retryForMs = call.globals.retryLock ?? 0
  try {
    let isWaiting = false
    const onWaiting = (): void => {
      if (!isWaiting) call.output.note(call.texts.say('lock.waiting', { seconds: Math.ceil(retryForMs / 1000) }))
      isWaiting = true
    }
    const lock = await lockRepository(
      repository,
      { exclusive: kind === 'exclusive', isEager: options.isEager === true && retryForMs === 0, retryForMs, onWaiting },
      AbortSignal.any([call.signal, ended.signal]),
    )
    stack.use(lock)
    return { signal: lock.signal, confirmed: lock.confirmed }
  } catch (error) {
    if (kind !== 'read' || !isCoffreError(error, 'storage.permission', 'storage.no-space')) throw error
    throw new CommandLineError(
      error.code,
      { key: 'error.cannotLock', values: { problem: error.message } },
      { key: 'hint.noLock', values: {} },
      { cause: error },
    )
  }
}
