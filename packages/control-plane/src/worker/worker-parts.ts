import type { CaptureTimes } from '@coffre/engine'
import type { Context } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import type { JobStore } from '../jobs/job-store.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import type { SourceEngines } from '../sources/source-engines.ts'
import type { OpenVaults } from './open-vaults.ts'

/** What the work on jobs needs. */
export interface WorkerParts {
  readonly catalogue: Catalogue
  readonly store: JobStore
  readonly secrets: SecretStore
  readonly vaults: OpenVaults
  readonly engines: SourceEngines
  readonly context: Context
  /** Never part of a backup of files. */
  readonly stateFolder: string
  /** The state folder's own name. */
  readonly machine: string
  /** Of Coffre. */
  readonly version: string
  /** The engine's own unless given. */
  readonly captureTimes?: CaptureTimes
}
