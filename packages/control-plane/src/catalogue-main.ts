/** `coffre catalogue …`: what is done to the catalogue from outside the server, started by the command line as a process of its own. */
import { parseArgs } from 'node:util'
import { CoffreError, isCoffreError, systemContext } from '@coffre/foundation'
import { runRebuild } from './recovery/rebuild-command.ts'
import { serverKit } from './recovery/server-kit.ts'
import { type ServerSettings, serverSettings } from './server/server-settings.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const log = (line: string): void => void process.stderr.write(`${line}\n`)

const usage = `coffre catalogue rebuild --vault LOCATION [--vault …] --recovery-key-file FILE [--state-folder FOLDER]
    remakes the catalogue of an empty state folder from vaults; the file has one key on a line
coffre catalogue kit [--state-folder FOLDER]
    prints what is to be kept on paper, away from the server: it holds the master key`

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())

try {
  await run(process.argv.slice(2))
} catch (error) {
  if (!isCoffreError(error)) throw error
  log(`coffre: ${error.message}`)
  if (error.hint !== undefined) log(`  ${error.hint}`)
  process.exitCode = error.exitCode
}

async function run(given: readonly string[]): Promise<void> {
  const { positionals, values } = parse(given)
  const [verb, ...rest] = positionals
  if (values.help === true) {
    say(usage)
    return
  }
  if (rest.length > 0) throw misused(`there is no argument ${rest[0]}`)
  const settings = settingsOf(values['state-folder'])
  if (verb === 'kit') say(await serverKit(settings, systemContext, log, stop.signal))
  else if (verb === 'rebuild') {
    const order = { vaults: values.vault ?? [], recoveryKeyFiles: values['recovery-key-file'] ?? [] }
    const made = await runRebuild(order, settings, systemContext, log, stop.signal)
    const { vaults, sources, plans, points, pointsByTags, holds } = made
    say(`The catalogue in ${settings.stateFolder} is remade: vaults ${vaults}, sources ${sources}, plans ${plans}, holds ${holds},`)
    say(`points ${points}, of which ${pointsByTags} by their tags alone. People and passwords are not in vaults.`)
    say('Start the server now: npm start. Sources that need credentials say so in `coffre status`.')
  } else throw misused(verb === undefined ? 'say what to do with the catalogue' : `there is no command ${verb}`)
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        'vault': { type: 'string', multiple: true },
        'recovery-key-file': { type: 'string', multiple: true },
        'state-folder': { type: 'string' },
        'help': { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw misused(cause instanceof Error ? cause.message : String(cause))
  }
}

function settingsOf(stateFolder: string | undefined): ServerSettings {
  const environment = stateFolder === undefined ? process.env : { ...process.env, COFFRE_STATE: stateFolder }
  return serverSettings(environment, process.getuid?.() === 0)
}

function misused(problem: string): CoffreError {
  return new CoffreError('usage.invalid', problem, { hint: usage })
}
