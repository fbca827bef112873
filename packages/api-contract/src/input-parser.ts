import { z } from 'zod'
import type { Operation, ParsedInputOf } from './operation.ts'
import type { InputIssue } from './problem.ts'

/** The parts of a request as they came: texts of path and query, and the body as JSON has it. */
export interface RawInput {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
}

export type ParsedInput<O> = { readonly input: ParsedInputOf<O> } | { readonly issues: readonly InputIssue[] }

const issuesMax = 50

/**
 * Parses requests of one operation, and tells everything that is wrong with one, each thing by a JSON pointer. What the operation
 * does not know is wrong, too: a misspelt filter would show too much, and a misspelt term would keep too little.
 */
export function inputParser<O extends Operation>(operation: O): (raw: RawInput) => ParsedInput<O> {
  const schema = z.object({
    params: operation.params.strict(),
    query: operation.query.strict(),
    body: strictBody(operation.body),
  })
  return (raw) => {
    const foul = unstorableTexts(raw, '')
    if (foul.length > 0) return { issues: foul.slice(0, issuesMax) }
    const parsed = schema.safeParse(raw)
    if (parsed.success) return { input: parsed.data as unknown as ParsedInputOf<O> }
    return { issues: parsed.error.issues.flatMap(tell).slice(0, issuesMax) }
  }
}

function strictBody(body: z.ZodType | undefined): z.ZodType {
  if (body === undefined) return z.unknown()
  return body instanceof z.ZodObject && body.def.catchall === undefined ? body.strict() : body
}

function tell(issue: z.core.$ZodIssue): InputIssue[] {
  const at = issue.path.map(pointerPart).join('')
  if (issue.code !== 'unrecognized_keys') return [{ at, message: issue.message }]
  return issue.keys.map((key) => ({ at: at + pointerPart(key), message: 'is not known here' }))
}

/** Characters that PostgreSQL cannot store, in texts and in names, wherever they are. */
function unstorableTexts(value: unknown, at: string): InputIssue[] {
  if (typeof value === 'string') return isStorable(value) ? [] : [{ at, message: 'has a NUL character or half a character' }]
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) =>
    isStorable(key)
      ? unstorableTexts(inner, at + pointerPart(key))
      : [{ at, message: 'has a name with a NUL or half a character' }],
  )
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** A part of a JSON pointer (RFC 6901). */
function pointerPart(key: PropertyKey): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1').toWellFormed()}`
}
