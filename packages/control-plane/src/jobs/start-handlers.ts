import {
  startBackup as backupOperation,
  readJobLog,
  startRestore as restoreOperation,
  startHeal,
  startPrune,
  startVerification,
} from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import { objectMissing } from '../catalogue/object-missing.ts'
import { type ApiCall, defineHandler, type Handler } from '../http/api-call.ts'
import { pageOfRows, readCursor } from '../http/page-cursor.ts'
import type { SecretStore } from '../secrets/secret-store.ts'
import { findVault } from '../vaults/vault-view.ts'
import type { NewJob } from './job-store.ts'
import { findJob } from './job-view.ts'
import { machineFor } from './machine-for.ts'
import { restoreOrder, targetOf } from './restore-body.ts'
import { type StartParts, startBackup } from './start-backup.ts'
import { startRestore } from './start-restore.ts'

/** Answers what makes jobs, and what tells what they said. */
export function startHandlers(parts: StartParts & { readonly secrets: SecretStore }): readonly Handler[] {
  const { catalogue, store, machine } = parts
  const found = async (projectId: string, id: string) => {
    const job = await findJob(catalogue, projectId, id)
    if (job === undefined) throw objectMissing('job', id)
    return job
  }
  const create = async (job: NewJob): Promise<string> => {
    const id = await catalogue.transaction().execute((transaction) => store.create(job, transaction))
    if (id === undefined) throw new Error('a job without an occurrence was taken for a repeated one')
    return id
  }
  const createInVault = async (call: VaultCall, kind: 'PRUNE' | 'HEAL', more: object): Promise<string> => {
    const { projectId, principal, params } = call
    const vault = await findVault(catalogue, projectId, params.vault)
    if (vault === undefined) throw objectMissing('vault', params.vault)
    const labels = { projectId, accountLabel: vault.account, regionLabel: vault.region, vaultId: vault.id, vaultName: vault.name }
    const request = JSON.stringify({ machine: machineFor(machine, vault), ...more })
    const id = await create({ ...labels, kind, request, createdBy: principal.id })
    await call.audit({ target: `job:${id}`, detail: { vault: vault.name, ...more } })
    return id
  }
  return [
    defineHandler(backupOperation, async ({ projectId, principal, params, body, audit }) => {
      const { vault, lifecycle, tags, description } = body
      const order = { projectId, source: params.source, vault, lifecycle, tags, description, createdBy: principal.id }
      const id = await startBackup(parts, order)
      await audit({ target: `job:${id}`, detail: { source: params.source } })
      return found(projectId, id)
    }),
    defineHandler(restoreOperation, async ({ projectId, principal, params, body, audit }) => {
      const { source } = params
      const id = await startRestore(parts, { ...restoreOrder(body), projectId, source, createdBy: principal.id })
      await audit({ target: `job:${id}`, detail: { source, ...targetOf(body), overwrite: body.overwrite } })
      return found(projectId, id)
    }),
    defineHandler(startVerification, async ({ projectId, principal, params, body, audit }) => {
      const point = await catalogue
        .selectFrom('point')
        .innerJoin('vault', 'vault.id', 'point.vaultId')
        .selectAll('point')
        .select('vault.location')
        .where('point.projectId', '=', projectId)
        .where('point.id', '=', params.point)
        .where('point.deletionDate', 'is', null)
        .executeTakeFirst()
      if (point === undefined) throw objectMissing('point', params.point)
      if (point.state === 'DELETING') {
        throw new CoffreError('point.not-restorable', `point ${point.id} is being deleted`, { hint: 'Choose another one.' })
      }
      const { accountLabel, regionLabel, sourceId, sourceName, vaultId, vaultName } = point
      const labels = { projectId, accountLabel, regionLabel, sourceId, sourceName, vaultId, vaultName }
      const request = JSON.stringify({ machine: machineFor(machine, point), pointId: point.id, read: body.read })
      const id = await create({ ...labels, kind: 'VERIFY', request, createdBy: principal.id })
      await audit({ target: `job:${id}`, detail: { point: point.id, read: body.read } })
      return found(projectId, id)
    }),
    defineHandler(startPrune, async (call) => found(call.projectId, await createInVault(call, 'PRUNE', {}))),
    defineHandler(startHeal, async (call) =>
      found(call.projectId, await createInVault(call, 'HEAL', { mends: !call.body.dryRun })),
    ),
    defineHandler(readJobLog, async ({ projectId, params, query: { after, limit } }) => {
      const { id } = await found(projectId, params.job)
      const [last] = readCursor(after, ['number']) ?? []
      let lines = catalogue.selectFrom('jobLog').select(['number', 'at', 'level', 'message']).where('jobId', '=', id)
      if (last !== undefined) lines = lines.where('number', '>', Number(last))
      const rows = await lines
        .orderBy('number')
        .limit(limit + 1)
        .execute()
      return pageOfRows(rows, limit, { keyOf: ({ number }) => [number], itemOf: (row) => ({ ...row, at: row.at.toISOString() }) })
    }),
  ]
}

interface VaultCall extends Pick<ApiCall, 'principal' | 'projectId' | 'audit'> {
  readonly params: { readonly vault: string }
}
