import type { PointView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { formatBytes } from '../output/amounts.ts'
import { type ColumnOf, objectLines, timeCell } from '../output/object-table.ts'
import { formatLabels } from './assignments.ts'

export function pointColumns(texts: Texts): readonly ColumnOf<PointView>[] {
  return [
    ['column.id', ({ id }) => id],
    ['column.source', ({ source }) => source.name],
    ['column.vault', ({ vault }) => vault.name],
    ['column.time', ({ consistentAt, createdAt }) => timeCell(consistentAt ?? createdAt)],
    ['column.state', ({ state }) => state],
    ['column.verified', ({ verification }) => verification],
    ['column.size', ({ sizeBytes }) => formatBytes(sizeBytes)],
    ['column.added', ({ storedBytes }) => (storedBytes === null ? '-' : formatBytes(storedBytes))],
    ['column.keptUntil', (point) => keptUntil(point, texts)],
    ['column.tags', ({ tags }) => formatLabels(tags)],
  ]
}

export function pointDetails(point: PointView, texts: Texts): string[] {
  return objectLines(
    [
      ['column.id', point.id],
      ['column.source', point.source.name],
      ['column.engine', point.engine],
      ['column.vault', point.vault.name],
      ['column.snapshot', point.snapshotId],
      ['column.state', point.state],
      ['column.message', point.message ?? undefined],
      ['column.time', timeCell(point.consistentAt ?? point.createdAt)],
      ['column.created', timeCell(point.createdAt)],
      ['column.completed', timeCell(point.completedAt)],
      ['column.verified', `${point.verification}${point.verifiedAt === null ? '' : ` ${timeCell(point.verifiedAt)}`}`],
      ['column.size', formatBytes(point.sizeBytes)],
      ['column.added', point.storedBytes === null ? undefined : formatBytes(point.storedBytes)],
      ['column.items', point.items === null ? undefined : String(point.items)],
      ['column.keptUntil', keptUntil(point, texts)],
      ['column.lockedUntil', point.lockUntil === null ? undefined : timeCell(point.lockUntil)],
      ['column.holds', point.holds.join('\n') || undefined],
      ['column.rule', point.rule ?? undefined],
      ['column.tags', formatLabels(point.tags) || undefined],
    ],
    texts,
  )
}

/** When it goes, or what it is kept for: the first point of a period stands for it. */
function keptUntil({ deleteAt, keepLevels }: PointView, texts: Texts): string {
  if (deleteAt !== null) return timeCell(deleteAt)
  return keepLevels.length > 0 ? keepLevels.join(', ') : texts.say('point.forEver')
}
