import type { TreeDigest } from './tree-digest.ts'

export type Report = (line: string) => void

/** One kind of data to back up, and how it is made. */
export interface Corpus {
  readonly name: string
  /** What it is, for the reader of the results. */
  readonly description: string
  /** Raised when what `make` makes changes, so that what was made before is made anew. */
  readonly recipe: number
  /** Names of the tool table that `make` calls. */
  readonly needs: readonly string[]
  /**
   * Makes the folder `content` in `folder`, and `changed` too when the corpus has a second state. All sizes are divided by `divisor`.
   * Throws, saying what and why, when something cannot be had.
   */
  make(folder: string, divisor: number, report: Report): Promise<void>
}

/** A corpus that is on disk. Nobody changes it there. */
export interface MadeCorpus {
  readonly name: string
  readonly description: string
  /** Holds `content`, and `changed` if there is one. */
  readonly folder: string
  readonly content: TreeDigest
  readonly changed: TreeDigest | undefined
}
