import type { Context } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import type { Handler } from '../http/api-call.ts'
import { jobHandlers } from '../jobs/job-handlers.ts'
import { JobStore } from '../jobs/job-store.ts'
import { planHandlers } from '../plans/plan-handlers.ts'
import { pointHandlers } from '../points/point-handlers.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { sourceEngines } from '../sources/source-engines.ts'
import { sourceHandlers } from '../sources/source-handlers.ts'
import { vaultHandlers } from '../vaults/vault-handlers.ts'
import { VaultPlaces } from '../vaults/vault-places.ts'
import type { ServerSettings } from './server-settings.ts'

export interface HandlerParts {
  readonly catalogue: Catalogue
  readonly secrets: SecretStore
  readonly context: Context
  readonly settings: ServerSettings
}

/** What answers each operation of the API. */
export function apiHandlers({ catalogue, secrets, context, settings }: HandlerParts): readonly Handler[] {
  // The server only makes and looks at vaults; heavy work is done by workers.
  const places = new VaultPlaces(settings.stateFolder, context, settings.environment, 0)
  return [
    ...vaultHandlers({ catalogue, secrets, places, context }),
    ...sourceHandlers({ catalogue, secrets, engines: sourceEngines, context }),
    ...planHandlers(catalogue, context),
    ...jobHandlers(catalogue, new JobStore(catalogue, context), context.clock),
    ...pointHandlers(catalogue),
  ]
}
