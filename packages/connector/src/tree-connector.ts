import type { ByteString, Context } from '@coffre/foundation'
import type { Finding } from './finding.ts'

/** What a file source consists of. */
export interface TreeSelection {
  /** Absolute; a point shows them under these paths. */
  readonly roots: readonly ByteString[]
  /** In restic's pattern language. */
  readonly excludes: readonly string[]
  readonly excludeLargerThanBytes?: number
  /** Leaves out the content of folders that hold a CACHEDIR.TAG. */
  readonly excludesCaches: boolean
  readonly staysOnFileSystem: boolean
}

/**
 * A source of files on the machine of the worker. It yields no items: the engine archives the tree itself, with all that a file
 * system knows of it, and its points are plain trees without a manifest.
 */
export interface TreeConnector<Config = unknown> {
  readonly engine: string
  /** The configuration as typed values, or `source.config-invalid` naming the field. Pure. */
  parseConfig(input: unknown): Config
  /** The same source has the same key, however it was written. Pure. */
  identify(config: Config): string
  /** Looks whether the tree is there and readable. Changes nothing. */
  check(config: Config, context: Context, signal: AbortSignal): Promise<readonly Finding[]>
  select(config: Config): TreeSelection
}
