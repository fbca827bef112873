import {
  applyPlan as applyOperation,
  deletePlan as deleteOperation,
  getPlan as getOperation,
  listPlans as listOperation,
  previewPlan as previewOperation,
} from '@coffre/api-contract'
import type { Context } from '@coffre/foundation'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { pageOfRows, readCursor } from '../http/page-cursor.ts'
import { applyPlan } from './apply-plan.ts'
import { previewPlan } from './plan-preview.ts'
import { findPlan, listPlans } from './plan-view.ts'

/** Answers everything below /plans. */
export function planHandlers(catalogue: Catalogue, context: Context): readonly Handler[] {
  const found = async (projectId: string, idOrName: string) => {
    const plan = await findPlan(catalogue, context, projectId, idOrName)
    if (plan === undefined) throw objectMissing('plan', idOrName)
    return plan
  }
  return [
    defineHandler(applyOperation, async ({ projectId, principal, body, audit }) => {
      const { document, name, targetVault } = body
      const request = { projectId, document, name, targetVault, createdBy: principal.id }
      const { id, findings, isChanged } = await applyPlan(catalogue, context, request, audit)
      return { plan: await found(projectId, id), findings: [...findings], isChanged }
    }),
    defineHandler(previewOperation, ({ projectId, body: { document, name, targetVault } }) =>
      previewPlan(catalogue, context, { projectId, document, name, targetVault }),
    ),
    defineHandler(listOperation, async ({ projectId, query: { after, limit } }) => {
      const [name] = readCursor(after, ['text']) ?? []
      const page = { limit: limit + 1, ...(name === undefined ? {} : { after: name }) }
      const rows = await listPlans(catalogue, context, projectId, page)
      return pageOfRows(rows, limit, { keyOf: (plan) => [plan.name], itemOf: (plan) => plan })
    }),
    defineHandler(getOperation, ({ projectId, params }) => found(projectId, params.plan)),
    defineHandler(deleteOperation, async ({ projectId, params, audit }) => {
      const { id, name } = await found(projectId, params.plan)
      const deletionDate = new Date(context.clock.nowMs())
      await catalogue.transaction().execute(async (transaction) => {
        await transaction.updateTable('plan').set({ deletionDate }).where('id', '=', id).execute()
        await transaction.updateTable('rule').set({ deletionDate, nextDueAt: null }).where('planId', '=', id).execute()
        await transaction.updateTable('selection').set({ deletionDate }).where('planId', '=', id).execute()
        await audit({ target: `plan:${id}`, detail: { name } }, transaction)
      })
      return {}
    }),
  ]
}
