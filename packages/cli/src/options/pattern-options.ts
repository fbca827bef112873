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

/** The lists that are not empty. */
export async function excludeLists(options: Values<typeof excludeOptions>, surroundings: Surroundings): Promise<PatternList[]> {
  const exact = await gather('--exclude', options.exclude, options.excludeFile, false, surroundings)
  const caseless = await gather('--iexclude', options.iexclude, options.iexcludeFile, true, surroundings)
  return [...exact, ...caseless]
}

export async function includeLists(options: Values<typeof includeOptions>, surroundings: Surroundings): Promise<PatternList[]> {
  const exact = await gather('--include', options.include, options.includeFile, false, surroundings)
  const caseless = await gather('--iinclude', options.iinclude, options.iincludeFile, true, surroundings)
  return [...caseless, ...exact]
}

async function gather(
  option: string,
  given: readonly ByteString[],
  files: readonly ByteString[],
  ignoresCase: boolean,
  { environment }: Surroundings,
): Promise<PatternList[]> {
  const patterns = [...given]
  for (const file of files) patterns.push(...parsePatternFile(await readBytes(file, `${option}-file`), environment))
  const list = new PatternList(patterns, option, ignoresCase)
  return list.isEmpty ? [] : [list]
}
