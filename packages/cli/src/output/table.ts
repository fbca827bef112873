/** One column: what stands above it, and its cells; a cell may have several lines. */
export interface Column {
  readonly title: string
  readonly cells: readonly string[]
}

export interface TableOptions {
  readonly footer?: string
  /** An empty line between rows, for rows of several lines. */
  readonly spaced?: boolean
}

const separator = '  '

/** A table for people: columns as wide as their widest line, rules above and below the rows. */
export function formatTable(columns: readonly Column[], options: TableOptions = {}): string[] {
  const widths = columns.map(({ title, cells }) =>
    Math.max(...[title, ...cells].flatMap((cell) => cell.split('\n').map(cellsWide))),
  )
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width, 0) + separator.length * (columns.length - 1))
  const row = (cells: readonly string[]): string[] => formatRow(cells, widths)
  const lines = [...row(columns.map(({ title }) => title)), rule]
  const rows = columns[0]?.cells.length ?? 0
  for (let i = 0; i < rows; i++) {
    if (options.spaced === true && i > 0) lines.push('')
    lines.push(...row(columns.map(({ cells }) => cells[i] ?? '')))
  }
  lines.push(rule)
  if (options.footer !== undefined) lines.push(options.footer)
  return lines
}

function formatRow(cells: readonly string[], widths: readonly number[]): string[] {
  const split = cells.map((cell) => cell.split('\n'))
  const height = Math.max(...split.map((lines) => lines.length))
  return Array.from({ length: height }, (_, i) =>
    split
      .map((lines, column) => pad(lines[i] ?? '', widths[column] ?? 0))
      .join(separator)
      .trimEnd(),
  )
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellsWide(text)))
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const narrow = /^[\x20-\x7e]*$/

/** How many cells of a terminal a text takes: East Asian characters and pictures take two. */
export function cellsWide(text: string): number {
  if (narrow.test(text)) return text.length
  let cells = 0
  for (const character of text) cells += /\p{Mn}/u.test(character) ? 0 : wide.test(character) ? 2 : 1
  return cells
}
