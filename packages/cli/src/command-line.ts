import type { ByteString } from '@coffre/foundation'
import { interruption } from '@coffre/foundation'
import type { Command, ServerCall } from './command.ts'
import { resolveCommand } from './command-names.ts'
import { commandTables } from './command-table.ts'
import type { Host } from './host/host.ts'
import { CommandLineError, usageError } from './messages/command-line-error.ts'
import { languageOf, loadTexts, type Texts } from './messages/texts.ts'
import { type BaseValues, globalOptionsOf } from './options/global-options.ts'
import { parseArguments } from './options/parse-arguments.ts'
import { Output, type Verbosity } from './output/output.ts'
import type { Sink } from './output/sink.ts'
import { reportError } from './report-error.ts'
import { type Surroundings, variable } from './surroundings.ts'

export interface CommandLine {
  readonly args: readonly ByteString[]
  readonly surroundings: Surroundings
  /** Asked for only by commands that need it. */
  readonly host: () => Host
  readonly results: Sink
  readonly notes: Sink
  /** Aborted when the results cannot be written any more. */
  readonly resultsBroken: { readonly signal: AbortSignal; readonly cause: () => Error | undefined }
}

/** Runs one command. Never rejects: what goes wrong is told on standard error and by the exit code. */
export async function runCommandLine(line: CommandLine): Promise<number> {
  const texts = await loadTexts(languageOf(line.surroundings.environment))
  let exitCode = 0
  try {
    await runFound(line, texts)
    await line.results.flush()
    exitCode = resultsExitCode(line, texts)
  } catch (error) {
    const isOutputAlone = error === line.resultsBroken.signal.reason
    exitCode = isOutputAlone ? resultsExitCode(line, texts) : reportError(error, line.notes, { json: wantsJson(line.args), texts })
  }
  await line.notes.flush()
  return exitCode
}

async function runFound(line: CommandLine, texts: Texts): Promise<void> {
  const found = resolveCommand(line.args)
  if (found.kind === 'version') return line.results.write(`${await versionText()}\n`)
  if (found.kind === 'overview') {
    const { overview } = await import('./help.ts')
    return line.results.write(await overview(found.tree, found.words, texts))
  }
  const command = await found.entry.load()
  const { options, positionals, given } = parseArguments(found.args, { ...globalOptionsOf[found.tree], ...command.options })
  const globals = options as BaseValues
  if (globals.help || found.wantsHelp) {
    const { commandHelp } = await import('./help.ts')
    return line.results.write(await commandHelp(found.tree, found.entry, command, texts))
  }
  const output = new Output(line.results, line.notes, outputOptions(globals, line))
  const signal = signalFor(command, line)
  const call: ServerCall = {
    options: options as ServerCall['options'],
    given,
    globals,
    positionals,
    surroundings: line.surroundings,
    host: line.host(),
    commands: commandTables,
    output,
    texts,
    signal,
  }
  try {
    await command.run(call)
  } catch (error) {
    if (signal.aborted) throw interruption(signal)
    throw error
  } finally {
    await output.flush()
  }
  if (signal.aborted) throw interruption(signal)
}

/** A command that changes something goes on when its reader has left; one that only prints has nothing left to do. */
function signalFor(command: Command, line: CommandLine): AbortSignal {
  const { signal } = line.surroundings
  return command.onlyPrints ? AbortSignal.any([signal, line.resultsBroken.signal]) : signal
}

function hasReaderLeft({ resultsBroken, surroundings }: CommandLine): boolean {
  const cause = resultsBroken.cause()
  return !surroundings.signal.aborted && cause !== undefined && 'code' in cause && cause.code === 'EPIPE'
}

function resultsExitCode(line: CommandLine, texts: Texts): number {
  const cause = line.resultsBroken.cause()
  if (cause === undefined || hasReaderLeft(line)) return 0
  const values = { problem: cause.message }
  const error = new CommandLineError('target.failed', { key: 'error.standardOutput', values }, undefined, { cause })
  return reportError(error, line.notes, { json: wantsJson(line.args), texts })
}

function outputOptions(globals: BaseValues, line: CommandLine) {
  if (globals.quiet && globals.verbose > 0) throw usageError('error.exclusive', { one: '--quiet', other: '--verbose' })
  const verbosity: Verbosity = globals.quiet ? 0 : globals.verbose >= 2 ? 3 : globals.verbose === 1 ? 2 : 1
  return { json: globals.json, verbosity, progressEveryMs: progressEveryMs(globals.json, line) }
}

const terminalEveryMs = 100
const jsonEveryMs = 500

/** Ten times a second on a terminal; elsewhere only when a number of frames is asked for, as restic does. */
function progressEveryMs(json: boolean, { surroundings, notes }: CommandLine): number | undefined {
  const framesPerSecond = Number(variable(surroundings.environment, 'COFFRE_PROGRESS_FPS', 'RESTIC_PROGRESS_FPS') ?? 0)
  if (framesPerSecond > 0) return Math.max(terminalEveryMs, 1000 / framesPerSecond)
  if (json) return jsonEveryMs
  return notes.isTerminal ? terminalEveryMs : undefined
}

/** Asked before the arguments are understood, and when they cannot be. */
function wantsJson(args: readonly ByteString[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--json' || arg === '--json=true')
}

async function versionText(): Promise<string> {
  const { programVersion } = await import('./program-version.ts')
  return `${programVersion} (node ${process.versions.node})`
}
