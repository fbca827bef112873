import { CoffreError, isCoffreError, systemContext } from '@coffre/foundation'
import { serverSettings } from '../server/server-settings.ts'
import { startWorker, type WorkerSettings } from './start-worker.ts'

/**
 * `coffre worker`: works on jobs until it is interrupted. Started by a server on its own machine, it gets its settings from that, as
 * they hold a password, and ends with it.
 */
const log = (line: string): void => void process.stderr.write(`worker ${process.pid}: ${line}\n`)

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())
process.on('disconnect', () => stop.abort())

try {
  const settings = process.send === undefined ? standing() : await settingsFromServer()
  await startWorker(settings, process.env, systemContext, log, stop.signal)
  if (process.connected) process.disconnect()
} catch (error) {
  log(isCoffreError(error) ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error))
  if (isCoffreError(error) && error.hint !== undefined) log(error.hint)
  process.exitCode = isCoffreError(error) ? error.exitCode : 1
  if (process.connected) process.disconnect()
}

function standing(): WorkerSettings {
  const { stateFolder, databaseUrl, version, jobsAtATime } = serverSettings(process.env, process.getuid?.() === 0)
  if (databaseUrl === undefined) {
    throw new CoffreError('usage.invalid', 'a worker of its own needs COFFRE_DATABASE_URL', {
      hint: "It also needs the server's master key in its state folder. A server with the embedded catalogue starts its worker itself.",
    })
  }
  return { stateFolder, location: { kind: 'external', url: databaseUrl }, version, concurrency: jobsAtATime }
}

function settingsFromServer(): Promise<WorkerSettings> {
  return new Promise((resolve) => process.once('message', (settings) => resolve(settings as WorkerSettings)))
}
