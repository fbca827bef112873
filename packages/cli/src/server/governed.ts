import { type InputOf, requestApproval } from '@coffre/api-contract'
import { isCoffreError } from '@coffre/foundation'
import type { ServerCall } from '../command.ts'
import { CommandLineError, usageError } from '../messages/command-line-error.ts'
import { text } from '../options/option.ts'
import type { Connection } from './connection.ts'
import { printResult } from './print-result.ts'

/** For commands that do what several people answer for. */
export const governedOptions = { reason: text('reason', 'text'), approval: text('approval', 'id') } as const

type Request = InputOf<typeof requestApproval>['body']
type Action = Request extends infer One ? (One extends Request ? Omit<One, 'reason'> : never) : never

/**
 * Does what needs the approval of several people: with --approval, or without where the server lets it pass. With --reason it only
 * asks the others for it, says how to go on, and resolves to undefined.
 */
export async function governed<Result>(
  call: ServerCall<typeof governedOptions>,
  connection: Connection,
  action: Action,
  act: (approval: { readonly approval?: string }) => Promise<Result>,
): Promise<Result | undefined> {
  const { reason, approval } = call.options
  if (reason !== undefined && approval !== undefined) throw usageError('error.exclusive', { one: '--reason', other: '--approval' })
  if (reason !== undefined) {
    const asked = await connection.call(requestApproval, { body: { ...action, reason } as Request })
    printResult(asked, call, () => [call.texts.say('approval.asked', { id: asked.id, votes: asked.votesNeeded })])
    return undefined
  }
  try {
    return await act(approval === undefined ? {} : { approval })
  } catch (error) {
    if (!isCoffreError(error, 'approval.needed')) throw error
    const sentence = { key: 'error.approvalNeeded', values: { problem: error.message } } as const
    throw new CommandLineError('approval.needed', sentence, { key: 'hint.approvalNeeded', values: {} }, { cause: error })
  }
}
