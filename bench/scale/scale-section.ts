import { targetTable } from '../report/target-table.ts'
import type { ScaleResult } from './scale-run.ts'

/** What the page says about one scale run. Targets are for whole sizes. */
export function scaleSection({ content, targets, failures }: ScaleResult, isWhole: boolean): string {
  return [
    content,
    ...(targets.length === 0 || !isWhole ? [] : [targetTable(targets)]),
    ...(failures.length === 0 ? [] : [`Failed:\n\n${failures.map((line) => `- ${line.replaceAll('\n', ' ')}`).join('\n')}`]),
  ].join('\n\n')
}
