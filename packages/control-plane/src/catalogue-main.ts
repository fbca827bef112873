/** `coffre catalogue …`: what is done to the catalogue from outside the server, started by the command line as a process of its own. */
import { parseArgs } from 'node:util'
import { CoffreError, isCoffreError, systemContext } from '@coffre/foundation'
import { runBackupNow } from './recovery/backup-now-command.ts'
import { runRebuild } from './recovery/rebuild-command.ts'
import { runRestore } from './recovery/restore-command.ts'
import { serverKit } from './recovery/server-kit.ts'
import { type ServerSettings, serverSettings } from './server/server-settings.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const log = (line: string): void => void process.stderr.write(`${line}\n`)

const usage = `coffre catalogue rebuild --vault LOCATION [--vault …] --recovery-key-file FILE [--state-folder FOLDER]
    remakes the catalogue of an empty state folder from vaults; the file has one key on a line
coffre catalogue restore --vault LOCATION [--vault …] --recovery-key-file FILE --kit FILE [--state-folder FOLDER]
    restores the newest backup of the catalogue into an empty state folder, people and secrets included
coffre catalogue backup-now [--state-folder FOLDER]
    backs the catalogue up into its vault, as the server does once a day
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
  else if (verb === 'backup-now') {
    const { vault, snapshotId } = await runBackupNow(settings, systemContext, log, stop.signal)
    say(`The catalogue is backed up in the vault ${vault}: snapshot ${snapshotId}.`)
  } else if (verb === 'restore') await restore(values, settings)
  else if (verb === 'rebuild') {
    const order = { vaults: values.vault ?? [], recoveryKeyFiles: values['recovery-key-file'] ?? [] }
    const made = await runRebuild(order, settings, systemContext, log, stop.signal)
    const { vaults, sources, plans, points, pointsByTags, holds } = made
    say(`The catalogue in ${settings.stateFolder} is remade: vaults ${vaults}, sources ${sources}, plans ${plans}, holds ${holds},`)
    say(`points ${points}, of which ${pointsByTags} by their tags alone. People and passwords are not in vaults.`)
    say('Start the server now: npm start. Sources that need credentials say so in `coffre status`.')
  } else throw misused(verb === undefined ? 'say what to do with the catalogue' : `there is no command ${verb}`)
}

async function restore(values: ReturnType<typeof parse>['values'], settings: ServerSettings): Promise<void> {
  const { vault: vaults = [], 'recovery-key-file': recoveryKeyFiles = [], kit: kitFile = '' } = values
  const order = { vaults, recoveryKeyFiles, kitFile }
  const { madeAt, added, gone, unknown } = await runRestore(order, settings, systemContext, log, stop.signal)
  say(`The catalogue of ${madeAt} is in ${settings.stateFolder} again, people and secrets included.`)
  say(`Points that came later: ${added}; points that went: ${gone}. Jobs that were under way and sessions have ended.`)
  for (const location of unknown) say(`The vault at ${location} is not in the catalogue: its points were not added.`)
  say('Start the server now: npm start. Revoke again what was revoked since.')
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        'vault': { type: 'string', multiple: true },
        'recovery-key-file': { type: 'string', multiple: true },
        'kit': { type: 'string' },
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
