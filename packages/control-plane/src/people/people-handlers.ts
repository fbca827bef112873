import type { Handler } from '../http/api-call.ts'
import { accountHandlers } from './account-handlers.ts'
import { approvalHandlers } from './approval-handlers.ts'
import { grantHandlers } from './grant-handlers.ts'
import { keyHandlers } from './key-handlers.ts'
import type { PeopleParts } from './people-parts.ts'
import { sessionHandlers } from './session-handlers.ts'
import { settingsHandlers } from './settings-handlers.ts'
import { userHandlers } from './user-handlers.ts'

/** Answers every operation about people. */
export function peopleHandlers(parts: PeopleParts): readonly Handler[] {
  return [
    ...sessionHandlers(parts),
    ...accountHandlers(parts),
    ...userHandlers(parts),
    ...grantHandlers(parts),
    ...keyHandlers(parts),
    ...settingsHandlers(parts),
    ...approvalHandlers(parts),
  ]
}
