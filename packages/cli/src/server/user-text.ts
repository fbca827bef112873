import type { UserView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectLines, timeCell } from '../output/object-table.ts'

export function userDetails(user: UserView, texts: Texts): string[] {
  return objectLines(
    [
      ['column.name', user.name],
      ['column.id', user.id],
      ['column.displayName', user.displayName || undefined],
      ['column.secondFactor', texts.say(user.hasSecondFactor ? 'word.yes' : 'word.no')],
      ['column.created', `${timeCell(user.createdAt)} ${user.createdBy}`],
      ['column.disabled', user.disabledAt === null ? undefined : timeCell(user.disabledAt)],
    ],
    texts,
  )
}

/** Shown once: how somebody without a password gets to one. */
export function passwordTokenLines(name: string, token: string, texts: Texts): string[] {
  return [texts.say('user.token', { name }), token, texts.say('user.tokenUse')]
}
