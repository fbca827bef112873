import type { CoffreError } from '@coffre/foundation'

/** What a restore would meet. */
export interface RestoreForesight {
  /** What it would be refused for, in the order of its checks: all of it, not the first alone. */
  readonly obstacles: readonly CoffreError[]
  /** The engine that it would start on this machine; undefined when it starts none. */
  readonly engine?: ForeseenEngine
}

export interface ForeseenEngine {
  /** With the version that is needed: `PostgreSQL 16`. */
  readonly name: string
  /** The version that was found here; undefined where there is none that fits. */
  readonly version?: string
  /** Where it works beside the target, out of which parts are taken, and the room that it needs and has there. */
  readonly aside?: { readonly folder: string; readonly neededBytes: number; readonly freeBytes: number }
}
