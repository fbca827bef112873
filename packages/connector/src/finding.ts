/** What a look at a source has found. An error keeps it from being protected; a warning is shown until it is mended. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'note'
  /** Stable, users filter by it: `postgresql.wal-level`. */
  readonly code: string
  /** A sentence with the values that matter; never a secret. */
  readonly message: string
  /** What mends it, if possible one line to paste. */
  readonly remedy?: string
}
