import {
  deleteVault as deleteOperation,
  finalJobStates,
  type ParsedInputOf,
  removeVaultLock as removeOperation,
  setVaultLock as setOperation,
  type VaultView,
} from '@coffre/api-contract'
import { CoffreError, type Context, dayMs } from '@coffre/foundation'
import { parseLocation } from '@coffre/storage'
import { type Selectable, sql, type Transaction } from 'kysely'
import { byIdOrName } from '../catalogue/by-id-or-name.ts'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import type { VaultTable } from '../catalogue/tables/policy-tables.ts'
import { type ApiCall, defineHandler, type Handler } from '../http/api-call.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { machineFor } from '../jobs/machine-for.ts'
import type { Approvals } from '../people/approvals.ts'
import { actionOn, useApproval } from '../people/approved-actions.ts'
import { signedIn } from '../people/principal.ts'
import { type LockTerms, lockChange } from './lock-change.ts'
import { findVault } from './vault-view.ts'

export interface VaultLockParts {
  readonly catalogue: Catalogue
  readonly store: JobStore
  readonly context: Context
  /** Of this server's state folder. */
  readonly machine: string
  readonly approvals: Approvals
}

type VaultRow = Selectable<VaultTable>
type WantedLock = ParsedInputOf<typeof setOperation>['body']

/** Answers what takes protections of a vault away or adds to them, and what takes the vault itself away. */
export function vaultLockHandlers(parts: VaultLockParts): readonly Handler[] {
  const { catalogue, approvals } = parts
  return [
    defineHandler(setOperation, (call) =>
      changeLock(parts, call, call.body, (vault) => actionOn(setOperation, 'vault', vault.id, { lock: call.body })),
    ),
    defineHandler(removeOperation, (call) =>
      changeLock(parts, call, undefined, (vault) => actionOn(removeOperation, 'vault', vault.id)),
    ),
    defineHandler(deleteOperation, (call) =>
      catalogue.transaction().execute(async (within) => {
        const vault = await lockVault(call.projectId, call.params.vault, within)
        await refuseUsed(vault, within)
        const action = actionOn(deleteOperation, 'vault', vault.id)
        await useApproval(approvals, signedIn(call.principal), call.query.approval, action, within)
        const { id, name, location } = vault
        const deletionDate = new Date(parts.context.clock.nowMs())
        await within.updateTable('vault').set({ deletionDate }).where('id', '=', id).execute()
        await call.audit({ target: `vault:${id}`, detail: { name, location, approval: call.query.approval } }, within)
        return { id, location }
      }),
    ),
  ]
}

interface LockCall extends Pick<ApiCall, 'principal' | 'projectId' | 'audit'> {
  readonly params: { readonly vault: string }
  readonly query: { readonly approval?: string | undefined }
}

async function changeLock(
  parts: VaultLockParts,
  { principal, projectId, params, query, audit }: LockCall,
  wanted: WantedLock | undefined,
  actionOf: (vault: VaultRow) => ReturnType<typeof actionOn>,
): Promise<VaultView> {
  const { catalogue, context, approvals } = parts
  refuseContradiction(wanted)
  const now = new Date(context.clock.nowMs())
  const id = await catalogue.transaction().execute(async (within) => {
    const vault = await lockVault(projectId, params.vault, within)
    const before = termsOf(vault)
    const after = wanted && newTerms(vault, wanted, now)
    const change = lockChange(before, after, now)
    if (change === 'final') throw final(vault)
    if (change === 'weakens') await useApproval(approvals, signedIn(principal), query.approval, actionOf(vault), within)
    if (change !== 'none') {
      if (after !== undefined) refuseUnkept(vault)
      const columns = columnsOf(after, daysOf(vault, wanted))
      await within.updateTable('vault').set(columns).where('id', '=', vault.id).execute()
      await startRecord(parts, vault, principal.id, within)
    }
    await audit({ target: `vault:${vault.id}`, detail: { change, before: before ?? null, after: after ?? null } }, within)
    return vault.id
  })
  const view = await findVault(catalogue, projectId, id)
  if (view === undefined) throw objectMissing('vault', params.vault)
  return view
}

/** Has the vault itself told at once: what is committed from then on goes by the new lock. The scheduler would do so a minute later. */
async function startRecord(
  { store, machine }: VaultLockParts,
  vault: VaultRow,
  createdBy: string,
  within: Transaction<Database>,
): Promise<void> {
  if (vault.state !== 'AVAILABLE') return
  const { id, name, projectId, accountLabel, regionLabel } = vault
  const about = { projectId, accountLabel, regionLabel, vaultId: id, vaultName: name }
  const request = JSON.stringify({ machine: machineFor(machine, vault) })
  await store.create({ ...about, kind: 'RECORD', request, createdBy, priority: 10 }, within)
}

function refuseUnkept({ name, location, storageLocks }: VaultRow): void {
  if (storageLocks || parseLocation(location).kind === 'local') return
  throw new CoffreError('storage.unsupported', `the storage of vault ${name} does not keep locks`, {
    hint: 'Object lock must be switched on in the bucket; what it says is looked at once a day, and by `coffre vault heal`.',
  })
}

function termsOf({ lockMode, minRetentionDays, maxRetentionDays, lockDate }: VaultRow): LockTerms | undefined {
  if (lockMode === null) return undefined
  return {
    mode: lockMode,
    minRetentionDays: minRetentionDays ?? undefined,
    maxRetentionDays: maxRetentionDays ?? undefined,
    lockDate: lockDate ?? undefined,
  }
}

function newTerms(vault: VaultRow, wanted: WantedLock, now: Date): LockTerms {
  const { mode, minRetentionDays, maxRetentionDays } = wanted
  const days = daysOf(vault, wanted)
  // The date is counted from when the days were chosen: saying the same once more does not put it off.
  const isSame = vault.lockDate !== null && days === vault.changeableForDays
  const lockDate = isSame ? (vault.lockDate ?? undefined) : days && new Date(now.getTime() + days * dayMs)
  return { mode, minRetentionDays, maxRetentionDays, lockDate: mode === 'compliance' ? lockDate || undefined : undefined }
}

/** For how many days a compliance lock can be changed; those that it has when none are given. */
function daysOf(vault: VaultRow, wanted: WantedLock | undefined): number | undefined {
  if (wanted?.mode !== 'compliance') return undefined
  return wanted.changeableForDays ?? vault.changeableForDays ?? leastChangeableDays
}

function columnsOf(terms: LockTerms | undefined, changeableForDays: number | undefined) {
  return {
    lockMode: terms?.mode ?? null,
    minRetentionDays: terms?.minRetentionDays ?? null,
    maxRetentionDays: terms?.maxRetentionDays ?? null,
    changeableForDays: changeableForDays ?? null,
    lockDate: terms?.lockDate ?? null,
  }
}

/** As when a vault is made: time enough to notice a mistake. */
const leastChangeableDays = 3

async function lockVault(projectId: string, idOrName: string, within: Transaction<Database>): Promise<VaultRow> {
  const found = await within
    .selectFrom('vault')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('deletionDate', 'is', null)
    .where(byIdOrName('vault', idOrName))
    .forUpdate()
    .executeTakeFirst()
  if (found === undefined) throw objectMissing('vault', idOrName)
  return found
}

function refuseContradiction(wanted: WantedLock | undefined): void {
  const { minRetentionDays = 1, maxRetentionDays = Number.POSITIVE_INFINITY } = wanted ?? {}
  if (minRetentionDays <= maxRetentionDays) return
  const problem = `the least retention of the lock, ${minRetentionDays} days, is more than its greatest, ${maxRetentionDays}`
  throw new CoffreError('policy.retention-invalid', problem, { hint: 'Give a greatest retention that is not less.' })
}

function final({ name, lockDate }: VaultRow): CoffreError {
  const since = lockDate?.toISOString() ?? 'its lock date'
  return new CoffreError('vault.lock-final', `the compliance lock of ${name} is final since ${since}`, {
    hint: 'Nobody can change it any more. Make another vault for what is to come.',
  })
}

/** `object.in-use` while points, jobs or plans need the vault. */
async function refuseUsed({ id, name, projectId }: VaultRow, within: Transaction<Database>): Promise<void> {
  const point = await within
    .selectFrom('point')
    .select('id')
    .where('vaultId', '=', id)
    .where('deletionDate', 'is', null)
    .limit(1)
    .executeTakeFirst()
  if (point !== undefined) throw inUse(name, `the recovery point ${point.id}`, 'Wait until all of its points have expired.')
  const job = await within
    .selectFrom('job')
    .select('id')
    .where(({ eb, or }) => or([eb('vaultId', '=', id), eb('targetVaultId', '=', id)]))
    .where('state', 'not in', [...finalJobStates])
    .limit(1)
    .executeTakeFirst()
  if (job !== undefined) throw inUse(name, `the job ${job.id}`, 'Wait until it has ended, or cancel it.')
  const plan = await within
    .selectFrom('rule')
    .innerJoin('plan', 'plan.id', 'rule.planId')
    .select('plan.name')
    .where('plan.projectId', '=', projectId)
    .where('rule.deletionDate', 'is', null)
    .where('plan.deletionDate', 'is', null)
    .where(({ or }) =>
      or([
        sql<boolean>`rule.definition ->> 'targetVault' = ${name}`,
        sql<boolean>`rule.definition -> 'copies' @> ${JSON.stringify([{ targetVault: name }])}::jsonb`,
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  if (plan !== undefined) throw inUse(name, `the plan ${plan.name}`, 'Give the plan another vault first, or delete it.')
}

function inUse(vault: string, by: string, hint: string): CoffreError {
  return new CoffreError('object.in-use', `the vault ${vault} is used by ${by}`, { hint })
}
