import type { Context } from '@coffre/foundation'
import { auditHandlers } from '../audit/audit-handlers.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Catalogue } from '../catalogue/database.ts'
import { holdHandlers } from '../holds/hold-handlers.ts'
import type { Handler } from '../http/api-call.ts'
import { jobHandlers } from '../jobs/job-handlers.ts'
import { JobStore } from '../jobs/job-store.ts'
import { logHandlers } from '../jobs/log-handlers.ts'
import { startHandlers } from '../jobs/start-handlers.ts'
import type { People } from '../people/people.ts'
import { peopleHandlers } from '../people/people-handlers.ts'
import { planHandlers } from '../plans/plan-handlers.ts'
import { presetHandlers } from '../plans/preset-handlers.ts'
import { pointHandlers } from '../points/point-handlers.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { protectHandlers } from '../sources/protect-handlers.ts'
import { sourceEngines, sourceEnginesIn } from '../sources/source-engines.ts'
import { sourceHandlers } from '../sources/source-handlers.ts'
import { statusHandlers } from '../status/status-handlers.ts'
import { vaultHandlers } from '../vaults/vault-handlers.ts'
import { vaultLockHandlers } from '../vaults/vault-lock-handlers.ts'
import { VaultPlaces } from '../vaults/vault-places.ts'
import type { ServerSettings } from './server-settings.ts'

export interface HandlerParts {
  readonly catalogue: Catalogue
  readonly secrets: SecretStore
  readonly context: Context
  readonly people: People
  readonly audit: AuditLog
  readonly settings: ServerSettings
  /** The state folder's own name. */
  readonly machine: string
}

/** Somebody waits for the answer: storage that is away is told at once. */
const attemptsWhileAsked = 3

/** What answers each operation of the API. */
export function apiHandlers({ catalogue, secrets, context, people, audit, settings, machine }: HandlerParts): readonly Handler[] {
  // The server only makes and looks at vaults; heavy work is done by workers.
  const places = new VaultPlaces(settings.stateFolder, context, settings.environment, 0, attemptsWhileAsked)
  const store = new JobStore(catalogue, context)
  // What a source is checked for may be the programs of this machine.
  const sourceParts = { catalogue, secrets, engines: sourceEnginesIn(settings.environment), context }
  return [
    ...vaultHandlers({ catalogue, secrets, places, context }),
    ...sourceHandlers(sourceParts),
    ...protectHandlers(sourceParts),
    ...planHandlers(catalogue, context),
    ...presetHandlers(catalogue, context),
    ...jobHandlers(catalogue, store, context.clock),
    ...startHandlers({ catalogue, store, secrets, engines: sourceEngines, context, machine }),
    ...logHandlers({ catalogue, store, secrets, engines: sourceEngines, context, machine }),
    ...pointHandlers({ catalogue, store, context, machine }),
    ...statusHandlers({ catalogue, context, version: settings.version }),
    ...peopleHandlers({ catalogue, people, context }),
    ...auditHandlers({ catalogue, secrets, places, audit, grants: people.grants }),
    ...holdHandlers({ catalogue, store, context, machine, approvals: people.approvals }),
    ...vaultLockHandlers({ catalogue, store, context, machine, approvals: people.approvals }),
  ]
}
