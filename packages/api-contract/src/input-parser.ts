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
    return { issues: parsed.error.issues.flatMap((issue) => tell(issue, schema)).slice(0, issuesMax) }
  }
}

function strictBody(body: z.ZodType | undefined): z.ZodType {
  if (body === undefined) return z.unknown()
  return body instanceof z.ZodObject && body.def.catchall === undefined ? body.strict() : body
}

function tell(issue: z.core.$ZodIssue, schema: z.ZodType): InputIssue[] {
  const at = issue.path.map(pointerPart).join('')
  if (issue.code !== 'unrecognized_keys') return [{ at, message: messageOf(issue, schema) }]
  return issue.keys.map((key) => ({ at: at + pointerPart(key), message: 'is not known here' }))
}

/** An expression says less to people than the words that describe it. */
function messageOf(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  const isExpression = issue.code === 'invalid_format' && issue.format === 'regex'
  const words = isExpression ? descriptionAt(schema, issue.path) : undefined
  return words === undefined ? issue.message : `must be ${words}`
}

/** How the schema describes the value itself; what it is there for, as an optional part says around it, is left aside. */
function descriptionAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string | undefined {
  const inner = unwrapped(schema)
  const [key, ...rest] = path
  if (key === undefined) return z.globalRegistry.get(inner)?.description
  const part = partOf(inner, key)
  return part && descriptionAt(part, rest)
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault
  return isWrapper ? unwrapped(schema.def.innerType) : schema
}

function partOf(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Readonly<Record<PropertyKey, z.core.$ZodType>>)[key]
  if (schema instanceof z.ZodArray) return schema.element
  return schema instanceof z.ZodRecord ? schema.def.valueType : undefined
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
