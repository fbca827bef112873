import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, CoffreError, interruption } from '@coffre/foundation'
import type { EngineAccount } from './engine-account.ts'

/** What a postmaster needs to run. */
export interface PostmasterSettings {
  readonly postgres: string
  readonly dataFolder: string
  readonly socketFolder: string
  readonly account: EngineAccount | undefined
  /** Lines that the engine writes to its standard error. */
  readonly onLog: (line: string) => void
}

/** Small, durable, reachable through a socket of its own folder only. */
const engineSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  port: '5432',
  max_connections: '100',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  huge_pages: 'off',
  jit: 'off',
  logging_collector: 'off',
  log_min_messages: 'warning',
  timezone: 'UTC',
}

const lookPauseMs = 20
const startTimeoutMs = 60_000
const stopTimeoutMs = 30_000

/** One running PostgreSQL server process of ours. */
export class Postmaster {
  #isStopping = false
  readonly #child: ChildProcess
  /** Resolves when the process has ended, however it did, with what is known of why. */
  readonly ended: Promise<string>

  private constructor(child: ChildProcess, ended: Promise<string>) {
    this.#child = child
    this.ended = ended
  }

  /** Resolves once the server takes connections. Recovery after a crash counts as starting. */
  static async start(settings: PostmasterSettings, clock: Clock, signal: AbortSignal): Promise<Postmaster> {
    const { postgres, dataFolder, socketFolder, account } = settings
    const options = Object.entries({ ...engineSettings, unix_socket_directories: socketFolder }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const child = spawn(postgres, ['-D', dataFolder, ...options], {
      cwd: dataFolder,
      // A server that is interrupted at the terminal ends its engine itself, after its own work.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C', TZ: 'UTC' },
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    })
    const lastLines: string[] = []
    let isStopping = (): boolean => false
    const ended = watch(child, (line) => {
      // Sessions that are still closing when it is told to stop are ended, which is what was asked for.
      if (isStopping() && line.includes('terminating connection due to administrator command')) return
      lastLines.push(line)
      if (lastLines.length > 20) lastLines.shift()
      settings.onLog(line)
    })
    const postmaster = new Postmaster(child, ended)
    isStopping = () => postmaster.#isStopping
    let reason: string | undefined
    void ended.then((why) => {
      reason = why
    })
    const deadlineMs = clock.monotonicMs() + startTimeoutMs
    while (!(await isReady(dataFolder, child.pid))) {
      if (reason !== undefined) throw startFailure(reason, lastLines)
      if (signal.aborted || clock.monotonicMs() > deadlineMs) {
        await postmaster.stop(clock)
        throw signal.aborted ? interruption(signal) : startFailure(`it was not ready after ${startTimeoutMs / 1000} s`, lastLines)
      }
      await clock.sleep(lookPauseMs, new AbortController().signal)
    }
    return postmaster
  }

  /** Ends all sessions and the server, cleanly; a server that does not listen any more is ended without recovery information lost. */
  async stop(clock: Clock): Promise<void> {
    this.#isStopping = true
    this.#child.kill('SIGINT')
    const patience = new AbortController()
    const impatient = clock.sleep(stopTimeoutMs, patience.signal).then(
      () => this.#child.kill('SIGQUIT'),
      () => undefined,
    )
    await this.ended
    patience.abort()
    await impatient
  }
}

/** Whether the process with this id has written that it takes connections. */
async function isReady(dataFolder: string, pid: number | undefined): Promise<boolean> {
  const status = await readPostmasterStatus(dataFolder)
  return status !== undefined && status.pid === pid && status.state === 'ready'
}

export interface PostmasterStatus {
  readonly pid: number
  /** `starting`, `stopping`, `ready`, `standby`; empty while it begins. */
  readonly state: string
  /** Where its socket is. */
  readonly socketFolder: string
}

/** What `postmaster.pid` says: its first line is the process, its fifth the socket's folder, its eighth the state. */
export async function readPostmasterStatus(dataFolder: string): Promise<PostmasterStatus | undefined> {
  try {
    const lines = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8')).split('\n')
    const pid = Number(lines[0])
    return Number.isInteger(pid) ? { pid, state: (lines[7] ?? '').trim(), socketFolder: (lines[4] ?? '').trim() } : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function watch(child: ChildProcess, onLine: (line: string) => void): Promise<string> {
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => {
      if (rest !== '') onLine(rest)
      resolve(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`)
    })
  })
}

function startFailure(reason: string, lastLines: readonly string[]): CoffreError {
  const said = lastLines.at(-1)
  return new CoffreError(
    'catalogue.unavailable',
    `the catalogue's PostgreSQL did not start: ${reason}${said === undefined ? '' : `; it said: ${said}`}`,
    {
      hint: 'Its log is in the state folder, in catalogue/log. Is the disk full, or the folder owned by somebody else?',
    },
  )
}

/** Resolves when no process has this id any more. */
export async function awaitEnd(pid: number, clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const deadlineMs = clock.monotonicMs() + timeoutMs
  while (isAlive(pid)) {
    if (clock.monotonicMs() > deadlineMs) return false
    await clock.sleep(lookPauseMs, signal)
  }
  return true
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
