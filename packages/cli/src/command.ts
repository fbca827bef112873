import type { ByteString } from '@coffre/foundation'
import type { Host } from './host/host.ts'
import type { Texts } from './messages/texts.ts'
import type { BaseValues, GlobalValues } from './options/global-options.ts'
import type { OptionTable, Values } from './options/option.ts'
import type { Output } from './output/output.ts'
import type { Surroundings } from './surroundings.ts'

/** One call of a command: what the user gave, and the ways to the world. */
export interface Call<Table extends OptionTable = OptionTable, Globals = GlobalValues> {
  readonly options: Values<Table>
  readonly given: { has(option: keyof Table): boolean }
  readonly globals: Globals
  readonly positionals: readonly ByteString[]
  readonly surroundings: Surroundings
  readonly host: Host
  /** All that there are. */
  readonly commands: CommandTables
  readonly output: Output
  readonly texts: Texts
  /** Aborted when the user or the system wants an end. */
  readonly signal: AbortSignal
}

/** A call of a command that asks a server. */
export type ServerCall<Table extends OptionTable = OptionTable> = Call<Table, BaseValues>

export interface Command {
  readonly options: OptionTable
  /** What stands behind the options in the line of usage. */
  readonly operands: string
  /** Its output is all it does: when nobody reads on, it ends. */
  readonly onlyPrints: boolean
  /** Rejects with the CoffreError that the exit code tells of. */
  run(call: ServerCall): Promise<void>
}

interface CommandOf<Table extends OptionTable, Globals> {
  readonly options: Table
  readonly operands?: string
  readonly onlyPrints?: boolean
  run(call: Call<Table, Globals>): Promise<void>
}

/** A command that works on a repository, with no server. */
export function defineCommand<const Table extends OptionTable>(command: CommandOf<Table, GlobalValues>): Command {
  return finish(command)
}

/** A command that asks a server. */
export function defineServerCommand<const Table extends OptionTable>(command: CommandOf<Table, BaseValues>): Command {
  return finish(command)
}

/** The parser gives a command the values of the command's own tables: that is what makes the cast true. */
function finish<Table extends OptionTable, Globals>(command: CommandOf<Table, Globals>): Command {
  return {
    options: command.options,
    operands: command.operands ?? '',
    onlyPrints: command.onlyPrints ?? false,
    run: (call) => command.run(call as unknown as Call<Table, Globals>),
  }
}

/** Finds the module of a command only when it is called, so that starting one costs nothing for the others. */
export interface CommandEntry {
  /** The words after `coffre`, or after `coffre repo`. */
  readonly words: readonly [string, ...string[]]
  /** Other first words that mean the same. */
  readonly aliases?: readonly string[]
  readonly load: () => Promise<Command>
}

/** `coffre repo …` works on a repository with no server; everything else asks one. */
export type CommandTree = 'server' | 'repo'

/** Every command, in the order of the help. */
export type CommandTables = Readonly<Record<CommandTree, readonly CommandEntry[]>>
