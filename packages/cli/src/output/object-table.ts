import type { TextKey } from '../messages/english.ts'
import type { Texts } from '../messages/texts.ts'
import { formatLocalTime } from './amounts.ts'
import { printable } from './printable.ts'
import { cellsWide, formatTable } from './table.ts'

/** What stands above a column, and what a row has in it. */
export type ColumnOf<Row> = readonly [title: TextKey, cell: (row: Row) => string]

/** A table of what a server knows; one line for each row. */
export function objectTable<Row>(rows: readonly Row[], columns: readonly ColumnOf<Row>[], texts: Texts, footer?: string): string[] {
  const formatted = columns.map(([title, cell]) => ({
    title: texts.say(title),
    cells: rows.map((row) => printable(cell(row)).replaceAll('\n', ' ')),
  }))
  return formatTable(formatted, footer === undefined ? {} : { footer })
}

/** One thing: what is known of it, each on a line, without what is undefined. */
export function objectLines(parts: readonly (readonly [title: TextKey, value: string | undefined])[], texts: Texts): string[] {
  const shown = parts.flatMap(([title, value]) => (value === undefined ? [] : [[texts.say(title), value] as const]))
  const width = Math.max(...shown.map(([title]) => cellsWide(title)))
  return shown.map(([title, value]) => {
    const [first = '', ...more] = value.split('\n').map(printable)
    const indent = ' '.repeat(width + 2)
    return [`${title}${' '.repeat(width - cellsWide(title))}  ${first}`, ...more.map((line) => indent + line)].join('\n')
  })
}

/** An instant of the API in the local zone; a dash for none. */
export function timeCell(instant: string | null): string {
  return instant === null ? '-' : formatLocalTime(Date.parse(instant))
}
