import type { Command } from './command.ts'

/** Finds the module of a command only when it is called, so that starting one costs nothing for the others. */
export interface CommandEntry {
  /** The words after `coffre`, or after `coffre repo`. */
  readonly words: readonly [string, ...string[]]
  /** Other first words that mean the same. */
  readonly aliases?: readonly string[]
  readonly load: () => Promise<Command>
}
