import {
  type AppliedPresetView,
  applyPreset as applyOperation,
  getPreset as getOperation,
  listPresets as listOperation,
  type PresetView,
} from '@coffre/api-contract'
import type { Context } from '@coffre/foundation'
import { type AppliedPreset, applyPreset, formatTerm, nextOccurrence, type Preset, presets, type Term } from '@coffre/policy'
import type { Catalogue } from '../catalogue/database.ts'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { findVault } from '../vaults/vault-view.ts'
import { applyPlanWithin } from './apply-plan.ts'
import { presentVaults } from './known-plan.ts'
import { wordsOf } from './plan-preview.ts'
import { findPlan } from './plan-view.ts'

/** Answers everything below /presets. */
export function presetHandlers(catalogue: Catalogue, context: Context): readonly Handler[] {
  const wishes = (projectId: string, applied: AppliedPreset) => wishesOf(catalogue, context, projectId, applied)
  return [
    defineHandler(listOperation, async () => ({ items: presets.map(viewOf) })),
    defineHandler(getOperation, async ({ projectId, params }) => {
      const preset = presetNamed(params.preset)
      const applied = applyPreset(preset.name)
      const plans = applied.plans.map(({ plan, document }) => ({ name: plan.name, document }))
      return { ...viewOf(preset), plans, ...(await wishes(projectId, applied)) }
    }),
    defineHandler(applyOperation, async ({ projectId, principal, params, body, audit }) => {
      const preset = presetNamed(params.preset)
      const vault = body.vault === undefined ? undefined : await vaultName(catalogue, projectId, body.vault)
      const given = { ...body.parameters, ...(vault === undefined ? {} : { vault }) }
      const applied = applyPreset(preset.name, given)
      const results = await catalogue.transaction().execute(async (transaction) => {
        const all = []
        for (const { document } of applied.plans) {
          const order = { projectId, document, name: undefined, targetVault: undefined, createdBy: principal.id }
          all.push(await applyPlanWithin(transaction, context, order, audit))
        }
        await audit({ target: `preset:${preset.name}`, detail: { ...given, plans: all.map(({ id }) => id) } }, transaction)
        return all
      })
      const plans = []
      for (const { id, findings, isChanged } of results) {
        const plan = await findPlan(catalogue, context, projectId, id)
        if (plan === undefined) throw objectMissing('plan', id)
        plans.push({ plan, findings: [...findings], isChanged })
      }
      return { preset: preset.name, plans, ...(await wishes(projectId, applied)) }
    }),
  ]
}

function presetNamed(name: string): Preset {
  const preset = presets.find((one) => one.name === name)
  if (preset === undefined) throw objectMissing('preset', name)
  return preset
}

async function vaultName(catalogue: Catalogue, projectId: string, idOrName: string): Promise<string> {
  const vault = await findVault(catalogue, projectId, idOrName)
  if (vault === undefined) throw objectMissing('vault', idOrName)
  return vault.name
}

function viewOf({ name, title, text, origin, parameters, choices }: Preset): PresetView {
  return { name, title, text, origin: [...origin], parameters: [...parameters], choices: [...choices] }
}

type Wishes = Omit<AppliedPresetView, 'preset' | 'plans'>

async function wishesOf(catalogue: Catalogue, context: Context, projectId: string, applied: AppliedPreset): Promise<Wishes> {
  const names = applied.vaults.map(({ name }) => name)
  const there = await presentVaults(catalogue, projectId, names)
  const nowMs = context.clock.nowMs()
  return {
    vaults: applied.vaults.map(({ storage, shortRetention, longRetention, ...vault }) => ({
      ...vault,
      isThere: there.has(vault.name),
      storage: [...storage],
      ...textOf('shortRetention', shortRetention),
      ...textOf('longRetention', longRetention),
    })),
    restoreTests: applied.restoreTests.map(({ name, text, cadence, schedule, sources, environment }) => {
      // The schedules of restore tests are in UTC, as the policy has them.
      const nextMs = schedule === undefined ? undefined : nextOccurrence(schedule, { timeZone: 'UTC', anchorMs: nowMs }, nowMs)
      return {
        ...{ name, text, cadence, schedule: schedule?.text ?? null, words: wordsOf(schedule, 'UTC') },
        ...(sources === undefined ? {} : { sources: [...sources] }),
        ...(environment === undefined ? {} : { environment }),
        nextRun: nextMs === undefined ? null : new Date(nextMs).toISOString(),
      }
    }),
    notifications: applied.notifications.map(({ topic, events }) => ({ topic, events: [...events] })),
    ...(applied.objectives === undefined ? {} : { objectives: objectivesOf(applied.objectives) }),
  }
}

function objectivesOf({ exceptions, ...hours }: NonNullable<AppliedPreset['objectives']>): NonNullable<Wishes['objectives']> {
  return { ...hours, ...(exceptions === undefined ? {} : { exceptions: [...exceptions] }) }
}

function textOf<Name extends 'shortRetention' | 'longRetention'>(name: Name, term: Term | undefined): { [K in Name]?: string } {
  return term === undefined ? {} : ({ [name]: formatTerm(term) } as { [K in Name]: string })
}
