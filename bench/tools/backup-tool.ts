import type { Command } from '../measure/measure.ts'

/** The folders of one round. All that a tool keeps, caches included, is in one of them, so that rounds do not help each other. */
export interface Place {
  readonly repository: string
  /** Home folder, settings and cache. */
  readonly state: string
  /** Where a restore goes. It exists and is empty. */
  readonly target: string
  /** Holds the password in one line. */
  readonly passwordFile: string
}

/** What to back up: the folder `name` in `folder`. */
export interface Source {
  readonly folder: string
  readonly name: string
}

/** A backup program as the benchmark drives it: which commands do what. A new one is a module of its own and a row of the tool table. */
export interface BackupTool {
  readonly name: string
  /** What it verifies of its own work before that is written. */
  readonly verifies: string
  /** A variant that only writes in another way is not timed again at reading. */
  readonly measures: 'everything' | 'backups'
  /** Names of the tool table that it needs. */
  readonly needs: readonly string[]
  version(): Promise<string>
  /** Make a repository with encryption, and what else a person would set once. Not timed. */
  prepare(place: Place): readonly Command[]
  /** `label` is another one for each backup of a repository. */
  backup(place: Place, source: Source, label: string): Command
  /** Restores the backup `label`, which is the latest. */
  restore(place: Place, source: Source, label: string): Command
  /** Where `restore` puts the source folder's content. */
  restoredFolder(place: Place, source: Source): string
  /** Reads and verifies everything that is stored. */
  check(place: Place): Command
}
