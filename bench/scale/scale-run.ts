import type { Report } from '../corpora/corpus.ts'
import type { TargetResult } from '../report/targets.ts'

export interface ScaleContext {
  /** An empty folder for all that the run writes. */
  readonly workFolder: string
  /** All counts are divided by it, to try the run out. */
  readonly divisor: number
  readonly report: Report
}

export interface ScaleResult {
  /** What the page says, in Markdown. */
  readonly content: string
  readonly targets: readonly TargetResult[]
  readonly failures: readonly string[]
}

/** One thing that must still work when there is very much of it. */
export interface ScaleRun {
  readonly name: string
  /** Names of the tool table that it calls. */
  readonly needs: readonly string[]
  run(context: ScaleContext): Promise<ScaleResult>
}
