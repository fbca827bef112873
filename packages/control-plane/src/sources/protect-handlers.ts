import { protectSource } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { applyPlanWithin } from '../plans/apply-plan.ts'
import { findPlan } from '../plans/plan-view.ts'
import { findVault } from '../vaults/vault-view.ts'
import { continuousDays } from './continuous-days.ts'
import { createSource, type SourceParts } from './create-source.ts'
import { engineNamed } from './source-engines.ts'
import { findSource } from './source-view.ts'

/** Answers `protect`: a source and its plan in one step. */
export function protectHandlers(parts: SourceParts): readonly Handler[] {
  const { catalogue, context } = parts
  return [
    defineHandler(protectSource, async ({ projectId, principal, body, audit, signal }) => {
      const { vault: vaultName, schedule, keep, deleteAfter, timeZone, planName, continuous, window, ...source } = body
      const vault = await findVault(catalogue, projectId, vaultName)
      if (vault === undefined) throw objectMissing('vault', vaultName)
      if (continuous) requireLog(parts, source.engine)
      const nowMs = context.clock.nowMs()
      const days =
        continuous || window !== undefined
          ? continuousDays({ continuous, window, schedule, keep, deleteAfter, timeZone, nowMs })
          : {}
      const lifecycle = {
        ...(keep === undefined ? {} : { keep }),
        ...(deleteAfter === undefined ? {} : { deleteAfter }),
        ...days.lifecycle,
      }
      const scheduled = schedule === undefined ? {} : { schedule }
      const rule = { name: 'main', targetVault: vault.name, ...scheduled, lifecycle, ...days.rule }
      const name = planName ?? source.name
      const { secrets, tier, environment, region, resourceArn, ...rest } = source
      const request = { ...rest, projectId, secrets, tier, environment, region, resourceArn }
      let planId = ''
      let findings: Awaited<ReturnType<typeof applyPlanWithin>>['findings'] = []
      const sourceId = await createSource(parts, request, audit, signal, async (id, transaction) => {
        const document = { name, timeZone, rules: [rule], selections: [{ name: source.name, sources: [id] }] }
        const plan = { projectId, document, name: undefined, targetVault: undefined, createdBy: principal.id, isNew: true }
        const applied = await applyPlanWithin(transaction, context, plan, audit)
        planId = applied.id
        findings = applied.findings
      })
      const [made, plan] = [await findSource(catalogue, projectId, sourceId), await findPlan(catalogue, context, projectId, planId)]
      if (made === undefined || plan === undefined) throw objectMissing('source', source.name)
      return { source: made, plan, findings: [...findings] }
    }),
  ]
}

function requireLog({ engines }: SourceParts, name: string): void {
  const engine = engineNamed(engines, name)
  if (engine.kind === 'items' && engine.connector.abilities.isContinuous) return
  throw new CoffreError('policy.plan-invalid', `${name} have no log that could be captured`, {
    hint: 'Leave `--continuous` out, and have it backed up more often: `--every 1h`.',
  })
}
