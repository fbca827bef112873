import { printable } from './printable.ts'
import { fitCells } from './progress-line.ts'
import type { Sink } from './sink.ts'

/** Lines at the bottom of a terminal that are written over and over. */
export class LiveLines {
  readonly #sink: Sink
  #shown = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** In place of those before. Those that the terminal has no room for are left out. */
  show(lines: readonly string[]): void {
    const { columns, rows } = this.#sink
    const fitting = lines.slice(0, Math.max(1, rows - 1)).map((line) => fitCells(printable(line), columns - 1))
    this.#sink.write(`${this.#shown === 0 ? '' : `\u001b[${this.#shown}A\r\u001b[J`}${fitting.map((line) => `${line}\n`).join('')}`)
    this.#shown = fitting.length
  }
}
