import { markdownTable } from './markdown-table.ts'
import type { TargetResult } from './targets.ts'

export function targetTable(targets: readonly TargetResult[]): string {
  return markdownTable([
    ['target', 'measured', ''],
    ...targets.map(({ target, measured, isMet }) => [target, measured, isMet ? 'met' : '**missed**']),
  ])
}
