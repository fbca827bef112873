import type { Connector, TreeConnector } from '@coffre/connector'
import { filesConnector } from '@coffre/connector-files'
import { postgresqlConnector } from '@coffre/connector-postgresql'
import { CoffreError } from '@coffre/foundation'

/** How sources of an engine are reached. */
export type SourceEngine =
  | { readonly kind: 'tree'; readonly connector: TreeConnector }
  | { readonly kind: 'items'; readonly connector: Connector }

/** Every engine that this server knows, by its name. */
export type SourceEngines = ReadonlyMap<string, SourceEngine>

export const sourceEngines: SourceEngines = new Map([
  [filesConnector.engine, { kind: 'tree', connector: filesConnector as TreeConnector }],
  [postgresqlConnector.engine, { kind: 'items', connector: postgresqlConnector as Connector }],
])

export function engineNamed(engines: SourceEngines, name: string): SourceEngine {
  const engine = engines.get(name)
  if (engine !== undefined) return engine
  throw new CoffreError('source.config-invalid', `there is no engine ${name}`, {
    hint: `Engines of this server: ${[...engines.keys()].join(', ')}.`,
  })
}
