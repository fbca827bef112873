import { basename, dirname, join, resolve } from 'node:path'
import type { Connector, TreeConnector } from '@coffre/connector'
import { filesConnector } from '@coffre/connector-files'
import { createPostgresqlConnector, type PostgresqlSettings } from '@coffre/connector-postgresql'
import { CoffreError } from '@coffre/foundation'
import type { Environment } from '@coffre/storage'

/** How sources of an engine are reached. */
export type SourceEngine =
  | { readonly kind: 'tree'; readonly connector: TreeConnector }
  | { readonly kind: 'items'; readonly connector: Connector }

/** Every engine that this server knows, by its name. */
export type SourceEngines = ReadonlyMap<string, SourceEngine>

/**
 * The engines on a machine whose environment says where their programs are: `COFFRE_POSTGRESQL_16`, or on the PATH. What is restored
 * aside goes below the state folder, unless `COFFRE_SCRATCH` names a place with more room.
 */
export function sourceEnginesIn(environment: Environment, stateFolder?: string): SourceEngines {
  const postgresql = createPostgresqlConnector(postgresqlSettings(environment, stateFolder)) as Connector
  return new Map([
    [filesConnector.engine, { kind: 'tree', connector: filesConnector as TreeConnector }],
    [postgresql.engine, { kind: 'items', connector: postgresql }],
  ])
}

/** For whoever only reaches sources, and starts none of their programs. */
export const sourceEngines: SourceEngines = sourceEnginesIn({})

function postgresqlSettings(environment: Environment, stateFolder: string | undefined): PostgresqlSettings {
  const engineFolders = Object.entries(environment).flatMap(([name, folder]) => {
    const [, major] = /^COFFRE_POSTGRESQL_(\d+)$/.exec(name) ?? []
    return major === undefined || folder === undefined || folder === '' ? [] : [[Number(major), binFolderOf(folder)] as const]
  })
  const { PATH: searchPath, COFFRE_ENGINE_ACCOUNT: engineAccount, COFFRE_SCRATCH: scratch = '' } = environment
  const scratchFolder = scratch === '' ? stateFolder && join(stateFolder, 'scratch') : resolve(scratch)
  return {
    engineFolders: Object.fromEntries(engineFolders),
    ...(searchPath === undefined ? {} : { searchPath }),
    ...(scratchFolder === undefined ? {} : { scratchFolder }),
    ...(engineAccount === undefined || engineAccount === '' ? {} : { engineAccount }),
  }
}

/** Either the folder of the programs or one of them may be named. */
function binFolderOf(place: string): string {
  return basename(place) === 'postgres' ? dirname(place) : place
}

export function engineNamed(engines: SourceEngines, name: string): SourceEngine {
  const engine = engines.get(name)
  if (engine !== undefined) return engine
  throw new CoffreError('source.config-invalid', `there is no engine ${name}`, {
    hint: `Engines of this server: ${[...engines.keys()].join(', ')}.`,
  })
}
