/**
 * Coffre's engine in a process of its own, as a worker runs it, so that it can be measured like the programs beside it:
 * `engine-program.ts init|base|restore|capture VAULT …`. A capture prints a line of JSON for each seal, and ends when it is told to.
 */
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { postgresqlConnector } from '@coffre/connector-postgresql'
import { type CaptureEvents, findLatestPoint, lockVault, runBackup, runCapture, runRestore } from '@coffre/engine'
import { isCoffreError, systemContext } from '@coffre/foundation'
import { initRepository, openRepository, type Repository } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { benchContext } from '../scale/bench-context.ts'

/** Seals as they come, on standard output. */
export interface SealLine {
  /** The offset of the log that is durable, in hexadecimal digits. */
  readonly durable: string
  /** When the source had been told so, milliseconds since 1970. */
  readonly atMs: number
}

export interface EndLine {
  readonly peakRssBytes: number
  readonly cpuSeconds: number
}

const source = 'bench'
const password = { password: Buffer.from('bench') }
const abort = new AbortController()
const { signal } = abort
process.once('SIGTERM', () => abort.abort())

await main(process.argv.slice(2))

async function main([command, vault = '', given = '']: readonly string[]): Promise<void> {
  const context = { ...benchContext(), workers: availableParallelism() }
  const backend = new LocalBackend(vault, context)
  if (command === 'init') {
    await mkdir(vault, { recursive: true })
    await initRepository(backend, context, password, signal)
    return
  }
  const repository = await openRepository(backend, context, password, signal)
  if (command === 'base') await base(repository, Number(given))
  else if (command === 'restore') await restore(repository, given)
  else if (command === 'capture') await capture(repository, Number(given))
  else throw new Error(`${command} is no command of this program`)
}

async function base(repository: Repository, port: number): Promise<void> {
  await using session = await lockVault(repository, {}, signal)
  const items = { kind: 'items', ...server(port, false) } as const
  const request = { source, job: `job${systemContext.clock.nowMs()}`, isRetry: false, programVersion: 'bench' }
  const { state } = await runBackup(session, items, request, () => undefined, signal)
  if (state !== 'complete') throw new Error(`the base is ${state}`)
}

async function restore(repository: Repository, folder: string): Promise<void> {
  await using session = await lockVault(repository, {}, signal)
  const latest = await findLatestPoint(session, source, signal)
  if (latest === undefined) throw new Error('there is no base')
  const target = { kind: 'folder', path: join(folder) } as const
  const means = { kind: 'items', connector: postgresqlConnector } as const
  await runRestore(session, means, { pointId: latest.id, target, overwrite: false, verify: false }, () => undefined, signal)
}

/** Seals every two seconds, as a worker does; folds are left to other jobs, for the log to be what is measured. */
async function capture(repository: Repository, port: number): Promise<void> {
  const events: CaptureEvents = {
    sealed({ durable }) {
      say({ durable: durable.offset, atMs: systemContext.clock.nowMs() } satisfies SealLine)
    },
    folded: () => undefined,
    foldFailed: (error) => process.stderr.write(`${error}\n`),
  }
  const vault = { repository, lock: (waits: AbortSignal) => lockVault(repository, {}, waits) }
  try {
    await runCapture(vault, server(port, true), { source, afresh: false, programVersion: 'bench' }, events, signal)
  } catch (error) {
    if (!isCoffreError(error, 'interrupted')) throw error
  }
  const { user, system } = process.cpuUsage()
  say({ peakRssBytes: process.resourceUsage().maxRSS * 1024, cpuSeconds: (user + system) / 1e6 } satisfies EndLine)
}

function server(port: number, keepsLog: boolean) {
  const config = postgresqlConnector.parseConfig({ members: [{ host: '127.0.0.1', port }], tls: 'disable', keepsLog })
  return { connector: postgresqlConnector, config, secrets: {} }
}

function say(line: SealLine | EndLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
