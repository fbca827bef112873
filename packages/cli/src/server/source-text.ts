import type { SourceView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectLines, timeCell } from '../output/object-table.ts'
import { formatLabels } from './assignments.ts'

export function sourceDetails(source: SourceView, texts: Texts): string[] {
  return objectLines(
    [
      ['column.name', source.name],
      ['column.id', source.id],
      ['column.engine', source.engine],
      ['column.state', source.state],
      ['column.config', configText(source.config)],
      ['column.tier', source.tier ?? undefined],
      ['column.environment', source.environment ?? undefined],
      ['column.region', source.region],
      ['column.account', source.account],
      ['column.tags', formatLabels(source.tags) || undefined],
      ['column.checked', timeCell(source.checkedAt)],
      ['column.lastPoint', timeCell(source.lastPointAt)],
      ['column.nextRun', timeCell(source.nextRunAt)],
      ['column.created', timeCell(source.createdAt)],
    ],
    texts,
  )
}

/** Each field on a line, without those that say nothing. */
function configText(config: SourceView['config']): string {
  return Object.entries(config)
    .filter(([, value]) => value !== false && !(Array.isArray(value) && value.length === 0))
    .map(
      ([name, value]) =>
        `${name}: ${Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join('\n')
}
