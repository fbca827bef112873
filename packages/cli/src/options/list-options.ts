import { parseWholeNumber, ValueError, value } from './option.ts'

/** For commands that list. */
export const listOptions = { limit: value('limit', 'n', parseLimit) } as const

function parseLimit(given: string): number {
  const limit = parseWholeNumber(given)
  if (limit === 0) throw new ValueError('1, 2, 3 …')
  return limit
}
