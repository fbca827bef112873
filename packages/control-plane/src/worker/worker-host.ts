import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Context } from '@coffre/foundation'
import type { Environment } from '@coffre/storage'
import { newId } from '../catalogue/new-id.ts'
import type { JobBell } from '../jobs/job-bell.ts'
import type { JobClaims } from '../jobs/job-claims.ts'
import type { JobStore } from '../jobs/job-store.ts'
import type { WorkerSettings } from './start-worker.ts'

export interface WorkerHostParts {
  readonly claims: JobClaims
  readonly store: JobStore
  readonly bell: JobBell
  readonly context: Context
}

export interface WorkerHostOptions {
  readonly settings: WorkerSettings
  readonly machine: string
  readonly environment: Environment
}

const lookMs = 2000
const restartPauseMs = 1000
/** What is interrupted ends at its next step; what does not is left to its lease. */
const stopMs = 15_000
/** The heap holds hardly any data: it need not grow in leaps. */
const nodeFlags = ['--max-semi-space-size=8', '--heap-growing-percent=100']

/**
 * Has a worker on the server's machine whenever there is work for it, as a process of its own: what a job does to its process, out of
 * memory or worse, does nothing to the server.
 */
export class WorkerHost implements AsyncDisposable {
  readonly #parts: WorkerHostParts
  readonly #options: WorkerHostOptions
  readonly #log: (line: string) => void
  readonly #stop = new AbortController()
  readonly #kept: Promise<void>
  #child: ChildProcess | undefined

  constructor(parts: WorkerHostParts, options: WorkerHostOptions, log: (line: string) => void) {
    this.#parts = parts
    this.#options = options
    this.#log = log
    this.#kept = this.#keep()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#kept
    const child = this.#child
    if (child === undefined) return
    child.kill('SIGTERM')
    const ended = new AbortController()
    const killed = this.#parts.context.clock.sleep(stopMs, ended.signal).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    )
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    ended.abort()
    await killed
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        await this.#parts.bell.listen()
        if (
          this.#child === undefined &&
          (await this.#parts.claims.isWaiting(this.#options.machine, this.#parts.context.clock.nowMs()))
        )
          this.#start()
      } catch {
        // The catalogue is away; it is asked again.
      }
      await this.#parts.bell.heard(lookMs, signal).catch(() => undefined)
    }
  }

  #start(): void {
    const { environment } = this.#options
    const workerId = newId(this.#parts.context)
    const settings: WorkerSettings = { ...this.#options.settings, workerId }
    const child = spawn(process.execPath, [...nodeFlags, new URL('./main.ts', import.meta.url).pathname], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', ...environment },
    })
    this.#child = child
    child.on('error', (error) => {
      this.#log(`the worker cannot be started: ${error.message}`)
      if (child.pid === undefined) this.#child = undefined
    })
    child.on('exit', (code, by) => void this.#ended(child, workerId, code, by))
    child.send(settings, (error) => {
      if (error !== null) this.#log(`the worker did not hear its settings: ${error.message}`)
    })
  }

  async #ended(child: ChildProcess, workerId: string, code: number | null, by: NodeJS.Signals | null): Promise<void> {
    if (code !== 0 && !this.#stop.signal.aborted) {
      this.#log(`the worker ended with ${by ?? `code ${code}`}; another one is started when there is work`)
      // It is certain that it is gone: nobody need wait for its leases to end.
      await this.#parts.store.endLeases(workerId).catch(() => undefined)
      await this.#parts.context.clock.sleep(restartPauseMs, this.#stop.signal).catch(() => undefined)
    }
    if (this.#child === child && !this.#stop.signal.aborted) this.#child = undefined
    this.#parts.bell.ring()
  }
}
