import { CoffreError } from '@coffre/foundation'

/** A table, or whatever else lies in a schema. */
export interface RelationName {
  readonly schema: string
  readonly name: string
}

/** How many other names an error lists. */
const namesShownMax = 8
/** A name as SQL takes it, with or without quotes. */
const part = String.raw`(?:"(?:[^"]|"")+"|[^\s".][^".]*)`

/**
 * Reads `schema.table` as SQL does: letters are small unless in double quotes, and a quote within is written twice. Without a schema
 * `public` is meant. `usage.invalid` for anything else.
 */
export function parseRelationName(text: string): RelationName {
  const [, first, second] = new RegExp(`^\\s*(${part})(?:\\.(${part}))?\\s*$`).exec(text) ?? []
  if (first === undefined) {
    throw new CoffreError('usage.invalid', `${text} is not the name of a table`, {
      hint: 'Nothing was changed. Write schema.table; names with capitals, dots or spaces in double quotes: sales."Orders".',
    })
  }
  return second === undefined ? { schema: 'public', name: unquoted(first) } : { schema: unquoted(first), name: unquoted(second) }
}

/** Reads the name of a schema as SQL does. `usage.invalid` for anything else. */
export function parseSchemaName(text: string): string {
  const [, name] = new RegExp(`^\\s*(${part})\\s*$`).exec(text) ?? []
  if (name !== undefined) return unquoted(name)
  throw new CoffreError('usage.invalid', `${text} is not the name of a schema`, {
    hint: 'Nothing was changed. Names with capitals, dots or spaces go in double quotes: "Sales 2026".',
  })
}

/** For people, and for `parseRelationName`: with quotes only where they are needed. */
export function formatRelationName({ schema, name }: RelationName): string {
  return [schema, name].map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : quoted(part))).join('.')
}

/** For SQL, and for the patterns of PostgreSQL's programs. */
export function quotedRelationName({ schema, name }: RelationName): string {
  return `${quoted(schema)}.${quoted(name)}`
}

export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

/** Of the names that there are those that may have been meant, the likeliest first; all of them while they are few. */
export function nearNames(wanted: string, present: readonly string[]): readonly string[] {
  const bare = (name: string): string =>
    name
      .slice(name.lastIndexOf('.') + 1)
      .replaceAll('"', '')
      .toLowerCase()
  const rated = present.map((name) => ({ name, distance: editDistance(bare(wanted), bare(name)) }))
  const near = rated.filter(({ distance }) => present.length <= namesShownMax || distance <= Math.max(2, bare(wanted).length / 3))
  return near
    .sort((one, other) => one.distance - other.distance)
    .slice(0, namesShownMax)
    .map(({ name }) => name)
}

function unquoted(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.trimEnd().toLowerCase()
}

/** Levenshtein's. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1]
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] ?? 0) + (letter === other[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
