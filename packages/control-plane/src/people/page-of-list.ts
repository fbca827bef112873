import { type CursorPart, type Page, pageOfRows, readCursor } from '../http/page-cursor.ts'

export interface ListShape<Row, Item> {
  readonly parts: readonly CursorPart[]
  readonly keyOf: (row: Row) => readonly (string | Date)[]
  readonly itemOf: (row: Row) => Item
}

/** A page of a list that is short enough to be read as a whole, in the order of its keys. */
export function pageOfList<Row, Item>(
  all: readonly Row[],
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
  { parts, keyOf, itemOf }: ListShape<Row, Item>,
): Page<Item> {
  const begin = readCursor(after, parts)
  const sorted = all.map((row) => ({ row, key: keyOf(row).map(textOf) })).sort((a, b) => compare(a.key, b.key))
  const rest = begin === undefined ? sorted : sorted.filter(({ key }) => compare(key, begin) > 0)
  return pageOfRows(rest, limit, { keyOf: ({ key }) => key, itemOf: ({ row }) => itemOf(row) })
}

function textOf(part: string | Date): string {
  return part instanceof Date ? part.toISOString() : part
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [i, part] of a.entries()) {
    const other = b[i] ?? ''
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}
