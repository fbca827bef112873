import { isDeepStrictEqual } from 'node:util'
import type { PlanPreviewView, VerdictView } from '@coffre/api-contract'
import { type PresentRule, previewPolicy, type Verdict } from '@coffre/policy'
import type { Catalogue } from '../catalogue/database.ts'
import { type ExistingPoint, loadRetentionPoints } from '../points/retention-points.ts'
import { LogWindows } from '../streams/log-windows.ts'
import { NewLifecycles, type RuleOfPoints, sourcesOfRules } from './existing-points.ts'
import type { StoredRule } from './known-plan.ts'
import { PlannedRules } from './planned-rules.ts'

export interface PolicyOfPoints {
  readonly projectId: string
  /** As they would be. */
  readonly rules: readonly RuleOfPoints[]
  /** Of the plan as it is, those that would be gone too. */
  readonly previous: readonly StoredRule[]
  readonly appliesToExisting: boolean
}

type PointsPreview = PlanPreviewView['points']
type Change = PointsPreview['changes'][number]

const changesShown = 100

/** What would become of points that exist, were the rules changed so. */
export async function previewPoints(reader: Catalogue, change: PolicyOfPoints, nowMs: number): Promise<PointsPreview> {
  const { projectId, rules, previous, appliesToExisting } = change
  const present = await PlannedRules.load(reader, projectId)
  const lifecycles = await NewLifecycles.load(reader, projectId, rules, nowMs)
  const vaults = await vaultNames(reader, projectId)
  const windows = await LogWindows.load(reader, projectId, present)
  const presentRule = (ruleId: string): PresentRule | undefined => ruleOf(present.get(ruleId))
  const totals = { seen: 0, changed: 0, expiringMore: 0, expiringLess: 0 }
  const changes: Change[] = []
  for (const source of await sourcesOfRules(
    reader,
    previous.map(({ id }) => id),
  )) {
    const points = await loadRetentionPoints(reader, source.id, { windows, nowMs })
    const byId = new Map(points.map((point) => [point.id, point]))
    const preview = previewPolicy(
      points,
      {
        presentRule: (ruleId) => {
          if (!previous.some(({ id }) => id === ruleId)) return presentRule(ruleId)
          return ruleOf(rules.find((one) => one.ruleId === ruleId))
        },
        lifecycleOf: (point) => (appliesToExisting ? lifecycles.of(existing(byId, point.id)) : point.lifecycle),
      },
      { nowMs, timeZone: points.at(-1)?.timeZone ?? 'UTC', isSourceProtected: () => source.deletionDate === null, presentRule },
    )
    const told = preview.changes
      .map(({ pointId, before, after }) => ({ point: existing(byId, pointId), before: viewOf(before), after: viewOf(after) }))
      .filter(({ before, after }) => !isDeepStrictEqual(before, after))
    totals.seen += points.length
    totals.changed += told.length
    totals.expiringMore += preview.expiringMore.length
    totals.expiringLess += preview.expiringLess.length
    for (const { point, before, after } of told.slice(0, changesShown - changes.length)) {
      const vault = { id: point.vaultId, name: vaults.get(point.vaultId) ?? point.vaultId }
      const of = {
        id: point.id,
        source: { id: source.id, name: source.name },
        vault,
        rule: present.get(point.ruleId ?? '')?.rule.name ?? null,
      }
      changes.push({ ...of, completedAt: new Date(point.completedMs).toISOString(), before, after })
    }
  }
  return { appliesToExisting, ...totals, changes }
}

function ruleOf(planned: Pick<RuleOfPoints, 'rule' | 'timeZone'> | undefined): PresentRule | undefined {
  return planned && { timeZone: planned.timeZone, lifecycle: planned.rule.lifecycle }
}

function existing(points: ReadonlyMap<string, ExistingPoint>, id: string): ExistingPoint {
  const point = points.get(id)
  if (point === undefined) throw new Error(`retention speaks of a point ${id} that it was not given`)
  return point
}

async function vaultNames(reader: Catalogue, projectId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await reader.selectFrom('vault').select(['id', 'name']).where('projectId', '=', projectId).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

function viewOf(verdict: Verdict): VerdictView {
  const at = (ms: number): string => new Date(ms).toISOString()
  switch (verdict.kind) {
    case 'keep': {
      const reasons = verdict.reasons.map((reason) => (reason.kind === 'level' ? reason.level : reason.kind))
      return { kind: 'keep', at: null, reasons, blockers: [] }
    }
    case 'expires':
      return { kind: 'expires', at: at(verdict.atMs), reasons: [verdict.why], blockers: [] }
    case 'expire':
      return { kind: 'expire', at: at(verdict.dueMs), reasons: [verdict.why], blockers: [] }
    case 'blocked': {
      const blockers = verdict.blockers.map(({ kind }) => kind)
      return { kind: 'blocked', at: at(verdict.dueMs), reasons: [verdict.why], blockers }
    }
  }
}
