import type { PlanView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectLines, objectTable, timeCell } from '../output/object-table.ts'

export function ruleTable({ rules }: PlanView, texts: Texts): string[] {
  return objectTable(
    rules,
    [
      ['column.rule', ({ name }) => name],
      ['column.schedule', ({ schedule }) => schedule ?? texts.say('schedule.onDemand')],
      ['column.timeZone', ({ timeZone }) => timeZone],
      ['column.vault', ({ targetVault }) => targetVault],
      ['column.nextRun', ({ nextRuns }) => timeCell(nextRuns[0] ?? null)],
    ],
    texts,
  )
}

export function planDetails(plan: PlanView, texts: Texts): string[] {
  const details = objectLines(
    [
      ['column.name', plan.name],
      ['column.id', plan.id],
      ['column.version', String(plan.version)],
      ['column.timeZone', plan.timeZone],
      ['column.selections', plan.selections.join('\n') || '-'],
      ['column.created', timeCell(plan.createdAt)],
    ],
    texts,
  )
  const runs = plan.rules.flatMap(({ name, nextRuns }) =>
    nextRuns.length === 0 ? [] : ['', texts.say('plan.nextRuns', { rule: name }), ...nextRuns.map((run) => `  ${timeCell(run)}`)],
  )
  return [...details, '', ...ruleTable(plan, texts), ...runs]
}
