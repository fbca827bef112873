import type { PlanPreviewView, VerdictView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectTable, timeCell } from '../output/object-table.ts'

/** What a plan would do, for people: when it runs, whom it picks, and what becomes of the points that there are. */
export function previewLines(preview: PlanPreviewView, texts: Texts): string[] {
  const { name, version, isChanged, rules, selections, points } = preview
  return [
    texts.say(isChanged ? 'preview.changed' : 'plan.same', { name, version }),
    ...rules.flatMap((rule) => ['', ...ruleLines(rule, texts)]),
    ...selections.flatMap((selection) => ['', ...selectionLines(selection, texts)]),
    '',
    ...pointLines(points, texts),
  ]
}

function ruleLines({ name, words, timeZone, targetVault, nextRuns }: PlanPreviewView['rules'][number], texts: Texts): string[] {
  const schedule = words?.[texts.language] ?? `${texts.say('schedule.onDemand')} (${timeZone})`
  return [texts.say('preview.rule', { name, schedule, vault: targetVault }), ...nextRuns.map((run) => `  ${timeCell(run)}`)]
}

function selectionLines({ name, picks, sources }: PlanPreviewView['selections'][number], texts: Texts): string[] {
  const shown = sources.map((source) => `  ${source.name}: ${source.reasons.map((reason) => reason[texts.language]).join('; ')}`)
  return [texts.say('preview.selection', { name, count: picks }), ...shown, ...(picks > sources.length ? ['  …'] : [])]
}

function pointLines({ appliesToExisting, ...points }: PlanPreviewView['points'], texts: Texts): string[] {
  const { seen, changed, expiringMore, expiringLess, changes } = points
  const lines = [
    texts.say(appliesToExisting ? 'preview.applied' : 'preview.notApplied'),
    texts.say('preview.counts', { seen, changed, more: expiringMore, less: expiringLess }),
  ]
  if (changes.length === 0) return lines
  const table = objectTable(
    changes,
    [
      ['column.point', ({ id }) => id],
      ['column.source', ({ source }) => source.name],
      ['column.vault', ({ vault }) => vault.name],
      ['column.time', ({ completedAt }) => timeCell(completedAt)],
      ['column.now', ({ before }) => verdictText(before, texts)],
      ['column.then', ({ after }) => verdictText(after, texts)],
    ],
    texts,
    changed > changes.length ? '…' : undefined,
  )
  return [...lines, '', ...table]
}

function verdictText({ kind, at, reasons, blockers }: VerdictView, texts: Texts): string {
  const why = [...reasons, ...blockers].join(', ')
  return `${texts.say(`verdict.${kind}`, { time: timeCell(at) })} (${why})`
}
