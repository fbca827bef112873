import type { Branch, Position } from './position.ts'

/** What `coffre.json` at the root of a point says: all that a restore needs, by hand or by Coffre, on a host that knows nothing else. */
export interface PointManifest {
  readonly engine: string
  /** The engine's own version, as it tells it. */
  readonly engineVersion: string
  /** Of this layout, counted by the connector. */
  readonly layout: number
  readonly begin?: Position
  readonly end?: Position
  readonly branches?: readonly Branch[]
  /** Of the source's clock, ISO 8601: the instant that the data shows. */
  readonly consistentAt: string
  /** Objects and what was counted of each, such as rows of a table; compared after a restore. */
  readonly counts: Readonly<Record<string, number>>
  /** Whatever else the engine's restore needs. Plain JSON. */
  readonly details: Readonly<Record<string, unknown>>
}
