import { invalidRequest } from './request-error.ts'

/** What a part of a sort key is: each has one form only, so that what a client made up is refused before the catalogue sees it. */
export type CursorPart = 'instant' | 'id' | 'text' | 'number'

export interface Page<Item> {
  readonly items: Item[]
  readonly next?: string
}

/**
 * The sort key that `after` stands for; undefined on the first page. Sort keys must be unique, hence end with an id. Instants come
 * as ISO 8601 texts, numbers as texts of digits. `request.invalid` for what is no cursor of such a list.
 */
export function readCursor(after: string | undefined, parts: readonly CursorPart[]): readonly string[] | undefined {
  if (after === undefined) return undefined
  const key = decode(after)
  if (key === undefined || key.length !== parts.length || !parts.every((part, i) => forms[part](key[i] ?? '')))
    throw invalidRequest([{ at: '/query/after', message: 'is not what `next` of a page of this list was' }])
  return key
}

/** A page of `rows`, of which one more than `limit` was asked for: whether it is there says whether there is a next page. */
export function pageOfRows<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { keyOf, itemOf }: { readonly keyOf: (row: Row) => readonly (string | number | Date)[]; readonly itemOf: (row: Row) => Item },
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const items = shown.map(itemOf)
  return rows.length <= limit || last === undefined ? { items } : { items, next: encode(keyOf(last)) }
}

function encode(key: readonly (string | number | Date)[]): string {
  const texts = key.map((part) => (part instanceof Date ? part.toISOString() : String(part)))
  return Buffer.from(JSON.stringify(texts)).toString('base64url')
}

function decode(text: string): readonly string[] | undefined {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) return undefined
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : undefined
  } catch {
    return undefined
  }
}

const forms: Readonly<Record<CursorPart, (text: string) => boolean>> = {
  instant: (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text)),
  id: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
  text: (text) => !text.includes('\0') && text.isWellFormed(),
  number: (text) => /^-?\d{1,15}$/.test(text),
}
