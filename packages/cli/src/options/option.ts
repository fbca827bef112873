import type { ByteString } from '@coffre/foundation'

/** How an option is written and what its texts become. Options are data: the parser and the help both read these tables. */
export interface Option<Value> {
  /** The name after `--`. */
  readonly name: string
  /** The letter after `-`. */
  readonly short?: string
  /** What stands for the value in the help; options without a value have none. */
  readonly placeholder?: string
  /** The text that `--name` without `=` stands for: the option then takes no separate value. */
  readonly bare?: string
  /** The only values that there are. */
  readonly choices?: readonly string[]
  readonly initial: Value
  /** Takes one occurrence. Throws a `ValueError` that says what is wrong with the text. */
  take(text: ByteString, before: Value): Value
  /** Accepted, but not shown in the help: old names. */
  readonly hidden?: boolean
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>

/** The values that the parser makes of a table. */
export type Values<Table extends OptionTable> = {
  readonly [Key in keyof Table]: Table[Key] extends { readonly initial: infer Value } ? Value : never
}

/** What is wrong with a value: completes "invalid value … for --name: ". */
export class ValueError extends Error {}

interface Spelling {
  readonly short?: string
  readonly hidden?: boolean
}

/** `--name`, `--name=true`, `--name=false`. */
export function flag(name: string, spelling: Spelling = {}): Option<boolean> {
  return { name, ...spelling, bare: 'true', initial: false, take: parseBoolean }
}

/** `-v`, `-vv`, `--name`, `--name=2`. */
export function count(name: string, spelling: Spelling = {}): Option<number> {
  const take = (text: ByteString, before: number): number => (text === '+1' ? before + 1 : parseWholeNumber(text))
  return { name, ...spelling, bare: '+1', initial: 0, take }
}

export function text(name: string, placeholder: string, spelling: Spelling = {}): Option<ByteString | undefined> {
  return value(name, placeholder, (given) => given, spelling)
}

/** Given any number of times; the values as they are. */
export function texts(name: string, placeholder: string, spelling: Spelling = {}): Option<readonly ByteString[]> {
  return { name, placeholder, ...spelling, initial: [], take: (given, before) => [...before, given] }
}

/** Given any number of times, and each time with commas. */
export function commaTexts(name: string, placeholder: string, spelling: Spelling = {}): Option<readonly ByteString[]> {
  return { name, placeholder, ...spelling, initial: [], take: (given, before) => [...before, ...given.split(',')] }
}

export function choice<const Word extends string>(
  name: string,
  words: readonly Word[],
  spelling: Spelling = {},
): Option<Word | undefined> {
  const parse = (given: string): Word => {
    const word = words.find((candidate) => candidate === given)
    if (word === undefined) throw new ValueError(words.join(' | '))
    return word
  }
  return { ...value(name, words.join('|'), parse, spelling), choices: words }
}

/** The last one counts; `parse` throws a ValueError. */
export function value<Value>(
  name: string,
  placeholder: string,
  parse: (text: ByteString) => Value,
  spelling: Spelling = {},
): Option<Value | undefined> {
  return { name, placeholder, ...spelling, initial: undefined, take: (given) => parse(given) }
}

/** Each occurrence is parsed and kept. */
export function values<Value>(
  name: string,
  placeholder: string,
  parse: (text: ByteString) => Value,
  spelling: Spelling = {},
): Option<readonly Value[]> {
  return { name, placeholder, ...spelling, initial: [], take: (given, before) => [...before, parse(given)] }
}

export function parseWholeNumber(given: string): number {
  const number = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (!Number.isSafeInteger(number)) throw new ValueError('0, 1, 2 …')
  return number
}

/** The words that Go's flags take. */
function parseBoolean(given: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(given)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(given)) return false
  throw new ValueError('true | false')
}
