import type { ByteString } from '@coffre/foundation'
import type { Texts } from './messages/texts.ts'
import type { GlobalValues } from './options/global-options.ts'
import type { OptionTable, Values } from './options/option.ts'
import type { Output } from './output/output.ts'
import type { Surroundings } from './surroundings.ts'

/** One call of a command: what the user gave, and the ways to the world. */
export interface Call<Table extends OptionTable = OptionTable> {
  readonly options: Values<Table>
  readonly given: ReadonlySet<keyof Table>
  readonly globals: GlobalValues
  readonly positionals: readonly ByteString[]
  readonly surroundings: Surroundings
  readonly output: Output
  readonly texts: Texts
  /** Aborted when the user or the system wants an end. */
  readonly signal: AbortSignal
}

export interface Command {
  readonly options: OptionTable
  /** What stands behind the options in the line of usage. */
  readonly operands: string
  /** Its output is all it does: when nobody reads on, it ends. */
  readonly onlyPrints: boolean
  /** Rejects with the CoffreError that the exit code tells of. */
  run(call: Call): Promise<void>
}

interface CommandOf<Table extends OptionTable> {
  readonly options: Table
  readonly operands?: string
  readonly onlyPrints?: boolean
  run(call: Call<Table>): Promise<void>
}

/** The parser gives a command the values of the command's own table: that is what makes the cast true. */
export function defineCommand<const Table extends OptionTable>(command: CommandOf<Table>): Command {
  return {
    options: command.options,
    operands: command.operands ?? '',
    onlyPrints: command.onlyPrints ?? false,
    run: (call) => command.run(call as unknown as Call<Table>),
  }
}
