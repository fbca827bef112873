import { isChanging, type JsonSchema, jsonSchemaOf, type Operation } from '@coffre/api-contract'
import type { SeededRandom } from '@coffre/testkit'

export interface WrongRequest {
  readonly path: string
  readonly init: RequestInit & { readonly headers: Record<string, string> }
}

/** Values that code tends not to expect. None of them is an absolute path or names a host. */
const awkward: readonly unknown[] = [
  '',
  ' ',
  'a',
  'docs',
  '..',
  '%',
  '%00',
  'a\0b',
  '\ud800',
  'é’🗄',
  "'; drop table source --",
  '{{}}',
  'x'.repeat(5000),
  '__proto__',
  'constructor',
  '00000000-0000-0000-0000-000000000000',
  '01890a5d-ac96-774b-bcce-b302099a8057',
  '2026-02-30T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999+23:59',
  'eyJhIjoxfQ',
  'WyIyMDI2LTAxLTAxVDAwOjAwOjAwLjAwMFoiLCIwMTg5MGE1ZC1hYzk2LTc3NGItYmNjZS1iMzAyMDk5YTgwNTciXQ',
  'WyJhIl0',
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  true,
  false,
  null,
  [],
  {},
  [[[]]],
  { a: { b: [1, null] } },
]

/** A request to an operation that is right in some parts and wrong in others, the same for the same random numbers. */
export function wrongRequest(operation: Operation, random: SeededRandom): WrongRequest {
  const one = <T>(values: readonly T[]): T => values[random.integer(values.length)] as T
  const chance = (percent: number): boolean => random.integer(100) < percent
  const text = (): string => String(one(awkward))

  const value = (schema: JsonSchema, depth: number): unknown => {
    if (chance(15) || depth > 6) return one(awkward)
    const options = (schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']) as readonly JsonSchema[] | undefined
    if (options !== undefined) return value(one(options), depth + 1)
    if (Array.isArray(schema['enum'])) return one(schema['enum'] as readonly unknown[])
    if ('const' in schema) return schema['const']
    switch (schema['type']) {
      case 'object':
        return members(schema, depth)
      case 'array':
        return Array.from({ length: random.integer(3) }, () => value((schema['items'] ?? {}) as JsonSchema, depth + 1))
      case 'integer':
      case 'number':
        return one([0, 1, 7, 36_500])
      case 'boolean':
        return chance(50)
      case 'string':
        return schema['format'] === 'date-time' ? '2026-01-01T00:00:00Z' : one(['a', 'docs', 'k=v', '7d', text()])
      default:
        return one(awkward)
    }
  }
  const members = (schema: JsonSchema, depth: number): Record<string, unknown> => {
    const made: Record<string, unknown> = {}
    const required = new Set((schema['required'] ?? []) as readonly string[])
    for (const [name, inner] of Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>))
      if (required.has(name) ? chance(95) : chance(40)) made[name] = value(inner, depth + 1)
    if (chance(10)) made[text()] = one(awkward)
    return made
  }

  const path = operation.path.replace(/\{\w+\}/g, () => encodeURIComponent(text().toWellFormed()) || 'a')
  const query = new URLSearchParams()
  for (const [name, given] of Object.entries(members(jsonSchemaOf(operation.query, 'input'), 0))) query.append(name, String(given))
  if (chance(5)) query.append('limit', text())
  const headers: Record<string, string> = { 'content-type': chance(95) ? 'application/json' : 'text/plain' }
  if (isChanging(operation) && chance(40)) headers['idempotency-key'] = one(['k1', 'k2', 'x'.repeat(300)])
  const body = operation.body === undefined ? undefined : JSON.stringify(value(jsonSchemaOf(operation.body, 'input'), 0))
  const sent = body === undefined || chance(90) ? body : body.slice(0, random.integer(body.length))
  const search = query.size === 0 ? '' : `?${query}`
  return {
    path: `/api/v1${path}${search}`,
    init: { method: operation.method, headers, ...(sent === undefined ? {} : { body: sent }) },
  }
}
