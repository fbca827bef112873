import type { GrantView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectTable, timeCell } from '../output/object-table.ts'

export function grantTable(grants: readonly GrantView[], texts: Texts): string[] {
  return objectTable(
    grants,
    [
      ['column.id', ({ id }) => id],
      ['column.user', ({ user }) => user.name],
      ['column.role', ({ role }) => role],
      ['column.project', ({ projectId }) => projectId ?? texts.say('grant.everywhere')],
      ['column.created', ({ grantedAt }) => timeCell(grantedAt)],
      ['column.principal', ({ grantedBy }) => grantedBy],
    ],
    texts,
  )
}
