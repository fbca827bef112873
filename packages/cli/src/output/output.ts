import type { ByteString } from '@coffre/foundation'
import { goJson } from './go-json.ts'
import { LiveLines } from './live-lines.ts'
import { printable } from './printable.ts'
import { ProgressLine } from './progress-line.ts'
import type { Sink } from './sink.ts'

/** 0: errors only; 1: what is usual; 2 and 3: more and more. */
export type Verbosity = 0 | 1 | 2 | 3

export interface OutputOptions {
  readonly json: boolean
  readonly verbosity: Verbosity
  /** Progress is shown so often; undefined for never. */
  readonly progressEveryMs: number | undefined
}

/**
 * Where a command says things. Results go to standard output; notes, warnings and progress to standard error, so that the results
 * can be piped. With --json, results and progress are JSON lines on standard output, as in restic, and notes are left out.
 */
export class Output {
  readonly json: boolean
  readonly verbosity: Verbosity
  readonly #results: Sink
  readonly #notes: Sink
  readonly #progressEveryMs: number | undefined
  #line: ProgressLine | undefined

  constructor(results: Sink, notes: Sink, options: OutputOptions) {
    this.#results = results
    this.#notes = notes
    this.json = options.json
    this.verbosity = options.verbosity
    this.#progressEveryMs = options.progressEveryMs
  }

  /** Whether a person reads the results as they come. */
  get isResultTerminal(): boolean {
    return this.#results.isTerminal
  }

  get showsProgress(): boolean {
    return this.#progressEveryMs !== undefined && this.verbosity > 0
  }

  /** A line of the result. Names of any bytes come out as they are, but on a terminal, which they could confuse. */
  print(line: ByteString): void {
    this.#line?.erase()
    this.#results.write(`${this.#results.isTerminal ? printable(line) : line}\n`)
  }

  /** Lines of the result that can be replaced, as long as nothing else is printed. For terminals only. */
  live(): LiveLines {
    this.#line?.erase()
    return new LiveLines(this.#results)
  }

  /** Bytes of the result. Awaits until the system has taken them, so that a large result needs no memory. */
  async printBytes(bytes: Uint8Array): Promise<void> {
    this.#results.write(bytes)
    await this.#results.flush()
  }

  /** One JSON document of the result. */
  printJson(value: unknown): void {
    this.#results.write(`${goJson(value)}\n`)
  }

  /** JSON text that is there already. */
  printJsonText(json: string): void {
    this.#results.write(`${json}\n`)
  }

  /** A line of the result that --quiet and --json do without. */
  summarize(line: ByteString): void {
    if (!this.json && this.verbosity >= 1) this.print(line)
  }

  /** Something worth knowing at this verbosity. */
  note(line: string, verbosity: Verbosity = 1): void {
    if (!this.json && this.verbosity >= verbosity) this.#say(line)
  }

  warn(line: string): void {
    if (this.json) this.complain({ message_type: 'error', message: line })
    else this.#say(line)
  }

  /** A JSON line about something that went wrong. */
  complain(value: unknown): void {
    this.#notes.write(`${goJson(value)}\n`)
  }

  /**
   * Shows, until the returned function is called, what `render` says: a line on a terminal, JSON lines on standard output with
   * --json. Nothing is shown where nobody asked for it.
   */
  showProgress(render: { readonly line: () => string; readonly json?: () => unknown }): () => void {
    const everyMs = this.#progressEveryMs
    if (everyMs === undefined || this.verbosity === 0) return () => undefined
    const { line, json } = render
    const shown = this.json ? undefined : new ProgressLine(this.#notes)
    if (this.json && json === undefined) return () => undefined
    this.#line = shown
    const timer = setInterval(() => (shown === undefined ? this.printJson(json?.()) : shown.show(line())), everyMs)
    timer.unref()
    return () => {
      clearInterval(timer)
      shown?.erase()
      this.#line = undefined
    }
  }

  async flush(): Promise<void> {
    this.#line?.erase()
    await this.#results.flush()
    await this.#notes.flush()
  }

  #say(line: string): void {
    this.#line?.erase()
    this.#notes.write(`${printable(line)}\n`)
  }
}
