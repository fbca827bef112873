import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from '@coffre/api-contract'

/** Collects the named schemas of many, so that each stands once under `#/components/schemas`. */
export class ComponentSchemas {
  readonly #schemas = new Map<string, unknown>()

  /** A schema without `$defs` of its own: what they had is referred to here. */
  add(schema: JsonSchema): JsonSchema {
    const { $defs = {}, ...rest } = schema as { readonly $defs?: Readonly<Record<string, unknown>> }
    const names = new Map(Object.keys($defs).map((name) => [name, this.#nameFor(name, $defs)]))
    for (const [name, inner] of Object.entries($defs)) this.#schemas.set(names.get(name) ?? name, referring(inner, names))
    return referring(rest, names) as JsonSchema
  }

  all(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** What is sent may leave out what is answered always: then one name has two schemas, and the second one another name. */
  #nameFor(name: string, $defs: Readonly<Record<string, unknown>>): string {
    const same = new Map(Object.keys($defs).map((key) => [key, key]))
    const known = this.#schemas.get(name)
    return known === undefined || isDeepStrictEqual(known, referring($defs[name], same)) ? name : `${name}Input`
  }
}

function referring(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((inner) => referring(inner, names))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = key === '$ref' && typeof inner === 'string' ? inner.replace('#/$defs/', '') : undefined
      return [key, name === undefined ? referring(inner, names) : `#/components/schemas/${names.get(name) ?? name}`]
    }),
  )
}
