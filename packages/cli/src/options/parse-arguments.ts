import type { ByteString } from '@coffre/foundation'
import { type CommandLineError, usageError } from '../messages/command-line-error.ts'
import { nearMisses } from './near-miss.ts'
import { type Option, type OptionTable, ValueError, type Values } from './option.ts'

export interface ParsedArguments<Table extends OptionTable> {
  readonly options: Values<Table>
  readonly positionals: readonly ByteString[]
  /** The keys of the options that were given. */
  readonly given: ReadonlySet<keyof Table>
}

/**
 * Reads arguments as restic does (the POSIX and GNU conventions of Go's pflag): `--name value`, `--name=value`, `-n value`,
 * `-nvalue`, `-n=value`, flags combined as `-nv`, options and positionals in any order, `--` before what is positional whatever
 * it looks like, `-` alone as a positional. `usage.invalid` names what is wrong and what was perhaps meant.
 */
export function parseArguments<Table extends OptionTable>(args: readonly ByteString[], table: Table): ParsedArguments<Table> {
  const reading = new Reading(args, table)
  while (reading.next());
  return { options: reading.values as Values<Table>, positionals: reading.positionals, given: reading.given as Set<keyof Table> }
}

/**
 * The place of the first argument that is neither an option of `table` nor its value: where the name of a command stands.
 * Undefined when there is none.
 */
export function firstPositional(args: readonly ByteString[], table: OptionTable): number | undefined {
  const reading = new Reading(args, table)
  for (let before = 0; reading.next(); before = reading.position) if (reading.positionals.length > 0) return before
  return undefined
}

type AnyOption = Option<unknown>

class Reading {
  readonly values: Record<string, unknown> = {}
  readonly given = new Set<string>()
  readonly positionals: ByteString[] = []
  position = 0
  readonly #args: readonly ByteString[]
  readonly #byName = new Map<string, readonly [key: string, option: AnyOption]>()
  readonly #byLetter = new Map<string, readonly [key: string, option: AnyOption]>()
  #onlyPositionals = false

  constructor(args: readonly ByteString[], table: OptionTable) {
    this.#args = args
    for (const [key, option] of Object.entries(table)) {
      this.values[key] = option.initial
      this.#byName.set(option.name, [key, option])
      if (option.short !== undefined) this.#byLetter.set(option.short, [key, option])
    }
  }

  /** Reads one argument, with its value. False at the end. */
  next(): boolean {
    const arg = this.#args[this.position]
    if (arg === undefined) return false
    this.position++
    if (this.#onlyPositionals || arg === '-' || !arg.startsWith('-')) this.positionals.push(arg)
    else if (arg === '--') this.#onlyPositionals = true
    else if (arg.startsWith('--')) this.#long(arg.slice(2))
    else this.#letters(arg.slice(1))
    return true
  }

  #long(arg: ByteString): void {
    const equals = arg.indexOf('=')
    const name = equals < 0 ? arg : arg.slice(0, equals)
    const found = this.#byName.get(name)
    if (found === undefined) throw this.#unknown(`--${name}`)
    const [key, option] = found
    this.#take(key, option, `--${name}`, equals < 0 ? (option.bare ?? this.#following(`--${name}`)) : arg.slice(equals + 1))
  }

  #letters(letters: ByteString): void {
    for (let at = 0; at < letters.length; ) {
      const shown = `-${letters.charAt(at)}`
      const found = this.#byLetter.get(letters.charAt(at))
      if (found === undefined) throw this.#unknown(shown)
      const [key, option] = found
      const rest = letters.slice(at + 1)
      const takesRest = rest.startsWith('=') || option.bare === undefined
      this.#take(key, option, shown, takesRest ? this.#valueIn(rest, shown) : (option.bare ?? ''))
      at = takesRest ? letters.length : at + 1
    }
  }

  /** What a letter's value is, given what is written after the letter. */
  #valueIn(rest: ByteString, shown: string): ByteString {
    if (rest.startsWith('=')) return rest.slice(1)
    return rest === '' ? this.#following(shown) : rest
  }

  #following(shown: string): ByteString {
    const arg = this.#args[this.position++]
    if (arg === undefined) throw usageError('error.optionNeedsValue', { option: shown })
    return arg
  }

  #take(key: string, option: AnyOption, shown: string, given: ByteString): void {
    try {
      this.values[key] = option.take(given, this.values[key])
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      throw usageError('error.optionValue', { value: JSON.stringify(given), option: shown, expected: error.message })
    }
    this.given.add(key)
  }

  #unknown(shown: string): CommandLineError {
    const names = [...this.#byName.values()].flatMap(([, option]) => (option.hidden === true ? [] : [option.name]))
    const meant = nearMisses(shown.replace(/^-+/, ''), names).map((name) => `--${name}`)
    if (meant.length === 0) return usageError('error.unknownOption', { option: shown })
    return usageError('error.unknownOption', { option: shown }, 'hint.didYouMean', { words: meant.join(', ') })
  }
}
