import type { ByteString } from '@coffre/foundation'
import { PatternList, parsePatternFile } from '@coffre/repository'
import { readBytes } from '../session/text-file.ts'
import type { Surroundings } from '../surroundings.ts'
import { texts, type Values } from './option.ts'

/** What is left out. */
export const excludeOptions = {
  exclude: texts('exclude', 'pattern', { short: 'e' }),
  iexclude: texts('iexclude', 'pattern'),
  excludeFile: texts('exclude-file', 'file'),
  iexcludeFile: texts('iexclude-file', 'file'),
} as const

/** What alone is taken. */
export const includeOptions = {
  include: texts('include', 'pattern', { short: 'i' }),
  iinclude: texts('iinclude', 'pattern'),
  includeFile: texts('include-file', 'file'),
  iincludeFile: texts('iinclude-file', 'file'),
} as const

/** Patterns with what their files said; plain data, so that they can go to other threads. */
export interface Patterns {
  readonly exact: readonly ByteString[]
  /** To be matched whatever the case of the letters. */
  readonly caseless: readonly ByteString[]
}

export async function readExcludes(options: Values<typeof excludeOptions>, surroundings: Surroundings): Promise<Patterns> {
  return {
    exact: await gather('--exclude-file', options.exclude, options.excludeFile, surroundings),
    caseless: await gather('--iexclude-file', options.iexclude, options.iexcludeFile, surroundings),
  }
}

/** The lists that are not empty; `usage.invalid` for malformed patterns. */
export function excludeListsOf({ exact, caseless }: Patterns): PatternList[] {
  return [new PatternList(exact, '--exclude'), new PatternList(caseless, '--iexclude', true)].filter((list) => !list.isEmpty)
}

export async function excludeLists(options: Values<typeof excludeOptions>, surroundings: Surroundings): Promise<PatternList[]> {
  return excludeListsOf(await readExcludes(options, surroundings))
}

export async function includeLists(options: Values<typeof includeOptions>, surroundings: Surroundings): Promise<PatternList[]> {
  const exact = await gather('--include-file', options.include, options.includeFile, surroundings)
  const caseless = await gather('--iinclude-file', options.iinclude, options.iincludeFile, surroundings)
  return [new PatternList(caseless, '--iinclude', true), new PatternList(exact, '--include')].filter((list) => !list.isEmpty)
}

async function gather(
  option: string,
  given: readonly ByteString[],
  files: readonly ByteString[],
  { environment }: Surroundings,
): Promise<ByteString[]> {
  const patterns = [...given]
  for (const file of files) patterns.push(...parsePatternFile(await readBytes(file, option), environment))
  return patterns
}
