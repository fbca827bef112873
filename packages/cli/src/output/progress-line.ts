import type { Sink } from './sink.ts'
import { cellsWide } from './table.ts'

const eraseLine = '\r\u001b[2K'

/** One line at the bottom of a terminal that is written over and over. Elsewhere the lines follow each other. */
export class ProgressLine {
  readonly #sink: Sink
  #isShown = false

  constructor(sink: Sink) {
    this.#sink = sink
  }

  show(line: string): void {
    if (!this.#sink.isTerminal) {
      this.#sink.write(`${line}\n`)
      return
    }
    this.#sink.write(eraseLine + fitCells(line, this.#sink.columns - 1))
    this.#isShown = true
  }

  erase(): void {
    if (!this.#isShown) return
    this.#sink.write(eraseLine)
    // At once: what follows may go to another stream of the same terminal.
    void this.#sink.flush()
    this.#isShown = false
  }
}

/** As much of a line as so many columns have room for. */
export function fitCells(line: string, columns: number): string {
  if (cellsWide(line) <= columns) return line
  let fitting = ''
  let cells = 0
  for (const character of line) {
    cells += cellsWide(character)
    if (cells > columns) break
    fitting += character
  }
  return fitting
}
