/** `coffre server`: catalogue, API and scheduler in the foreground, until it is interrupted. */
import { isCoffreError, systemContext } from '@coffre/foundation'
import { serve } from './server/serve.ts'
import { serverSettings } from './server/server-settings.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const log = (line: string): void => void process.stderr.write(`${line}\n`)

// Whoever listened to us may go, as in `npm start | head`: backups go on.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)

const exitOnSecondSignal = 130
const stop = new AbortController()
const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait. Nothing is lost: it is made to be killed.
    if (stop.signal.aborted) process.exit(exitOnSecondSignal)
    stop.abort()
  })
}

try {
  const settings = serverSettings(process.env, process.getuid?.() === 0)
  await using server = await serve(settings, systemContext, log, stop.signal)
  say(`Coffre is running at ${server.url}, its state in ${settings.stateFolder}. Ctrl-C stops it.`)
  say(`  API and its documentation: ${server.url}/docs    status: ./coffre status`)
  if (server.firstSignIn !== undefined) {
    say('On this machine the command line needs no sign-in. For everybody else make the first user, once, within 15 minutes:')
    say(`  ./coffre login ${server.url} --first-user ${server.firstSignIn}`)
  }
  await stopped
} catch (error) {
  if (!isCoffreError(error)) throw error
  log(`coffre: ${error.message}`)
  if (error.hint !== undefined) log(`  ${error.hint}`)
  process.exitCode = error.exitCode
}
