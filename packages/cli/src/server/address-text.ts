import type { AddressRuleView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectTable, timeCell } from '../output/object-table.ts'

export function addressTable(rules: readonly AddressRuleView[], texts: Texts): string[] {
  return objectTable(
    rules,
    [
      ['column.id', ({ id }) => id],
      ['column.network', ({ network }) => network],
      ['column.description', ({ description }) => description],
      ['column.created', ({ createdAt }) => timeCell(createdAt)],
      ['column.principal', ({ createdBy }) => createdBy],
    ],
    texts,
  )
}
