import { CoffreError, type Context } from '@coffre/foundation'
import { type Lifecycle, parseTerm, validateLifecycle } from '@coffre/policy'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import { PlannedRules, selectableSources } from '../plans/planned-rules.ts'
import { engineNamed, type SourceEngines } from '../sources/source-engines.ts'
import { findSourceRow } from '../sources/source-view.ts'
import { findVault } from '../vaults/vault-view.ts'
import type { JobStore } from './job-store.ts'
import { machineFor } from './machine-for.ts'
import { newBackupJob } from './new-backup.ts'

export interface StartParts {
  readonly catalogue: Catalogue
  readonly store: JobStore
  readonly engines: SourceEngines
  readonly context: Context
  /** Of this server's state folder. */
  readonly machine: string
}

export interface BackupOrder {
  readonly projectId: string
  readonly source: string
  readonly vault: string | undefined
  readonly lifecycle: { readonly deleteAfter?: string | undefined; readonly moveToColdAfter?: string | undefined } | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly description: string | undefined
  readonly createdBy: string
}

/**
 * Makes a job that backs a source up now. Without a lifecycle of its own the point follows the first rule that applies to the source
 * and goes to the vault, as if it had run now; without either it stays until somebody deletes it.
 */
export async function startBackup(parts: StartParts, order: BackupOrder): Promise<string> {
  const { catalogue, store, engines } = parts
  const { projectId } = order
  const source = await findSourceRow(catalogue, projectId, order.source)
  if (source === undefined) throw objectMissing('source', order.source)
  const rules = await PlannedRules.load(catalogue, projectId)
  const selectable = (await selectableSources(catalogue, projectId)).find(({ id }) => id === source.id)
  const applying = selectable === undefined ? [] : rules.of(selectable)
  const vaultName = order.vault ?? applying[0]?.rule.targetVault
  if (vaultName === undefined) throw noVault(source.name)
  const vault = await findVault(catalogue, projectId, vaultName)
  if (vault === undefined) throw objectMissing('vault', vaultName)
  const planned = order.lifecycle === undefined ? applying.find(({ rule }) => rule.targetVault === vault.name) : undefined
  const job = newBackupJob({
    source,
    vault,
    planned,
    lifecycle: order.lifecycle === undefined ? (planned?.rule.lifecycle ?? {}) : lifecycleOf(order.lifecycle),
    timeZone: planned?.timeZone ?? 'UTC',
    tags: order.tags,
    description: order.description,
    createdBy: order.createdBy,
    machine: engineNamed(engines, source.engine).kind === 'tree' ? parts.machine : machineFor(parts.machine, vault),
  })
  const id = await catalogue.transaction().execute((transaction) => store.create(job, transaction))
  if (id === undefined) throw new Error('a job without an occurrence was taken for a repeated one')
  return id
}

function lifecycleOf({ deleteAfter, moveToColdAfter }: NonNullable<BackupOrder['lifecycle']>): Lifecycle {
  const lifecycle = {
    ...(deleteAfter === undefined ? {} : { deleteAfter: parseTerm(deleteAfter) }),
    ...(moveToColdAfter === undefined ? {} : { moveToColdAfter: parseTerm(moveToColdAfter) }),
  }
  validateLifecycle(lifecycle)
  return lifecycle
}

function noVault(name: string): CoffreError {
  return new CoffreError('object.missing', `no plan says which vault ${name} goes to`, {
    hint: 'Name one: `coffre backup NAME --vault VAULT`, or give the source a plan.',
  })
}
