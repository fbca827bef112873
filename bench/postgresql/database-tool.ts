import type { PostgresServer } from '@coffre/testkit'
import type { Command } from '../measure/measure.ts'

/** The folders of one tool in one round. */
export interface DatabasePlace {
  /** All that the tool keeps: repository, settings, state. It exists and is empty. */
  readonly folder: string
  readonly server: PostgresServer
}

/** A program that backs up a running PostgreSQL, as the benchmark drives it. */
export interface DatabaseTool {
  readonly name: string
  /** How it protects and stores what it writes. */
  readonly stores: string
  /** Names of the tool table that it needs. */
  readonly needs: readonly string[]
  version(): Promise<string>
  /** Makes the repository; not timed. What is still to run at the backups is disposed of afterwards. */
  prepare(place: DatabasePlace): Promise<AsyncDisposable | undefined>
  backup(place: DatabasePlace, kind: 'first' | 'next'): Command
  /** Into a folder that exists and is empty, the latest backup; undefined where it is not measured. */
  restore(place: DatabasePlace, target: string): Command | undefined
  /** The folder whose size is what is stored. */
  storedFolder(place: DatabasePlace): string
}
