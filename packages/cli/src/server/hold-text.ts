import type { HoldView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectLines, timeCell } from '../output/object-table.ts'

export function holdDetails(hold: HoldView, texts: Texts): string[] {
  const { vaults, sources, createdAfter, createdBefore } = hold.query
  return objectLines(
    [
      ['column.title', hold.title],
      ['column.id', hold.id],
      ['column.state', hold.state],
      ['column.description', hold.description],
      ['column.points', String(hold.points)],
      ['column.vault', vaults.join('\n') || undefined],
      ['column.source', sources.join('\n') || undefined],
      ['column.from', createdAfter === null ? undefined : timeCell(createdAfter)],
      ['column.before', createdBefore === null ? undefined : timeCell(createdBefore)],
      ['column.created', `${timeCell(hold.createdAt)} ${hold.createdBy}`],
      ['column.lifted', hold.liftedAt === null ? undefined : `${timeCell(hold.liftedAt)} ${hold.liftReason ?? ''}`.trim()],
    ],
    texts,
  )
}
