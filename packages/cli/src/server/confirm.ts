import type { ServerCall } from '../command.ts'
import { CommandLineError, usageError } from '../messages/command-line-error.ts'
import { flag } from '../options/option.ts'

/** For commands that ask before they go on. */
export const confirmOptions = { yes: flag('yes', { short: 'y' }) } as const

/**
 * Asks whether to do what `question` says. Resolves when the answer is yes, or --yes was given; rejects otherwise, and where there is
 * nobody to ask. Only a written-out answer counts.
 */
export async function confirm(call: ServerCall<typeof confirmOptions>, question: string): Promise<void> {
  if (call.options.yes) return
  const { person } = call.host
  if (person === undefined) throw usageError('error.needsYes', { question }, 'hint.needsYes')
  const answer = await person.ask(`${question} ${call.texts.say('confirm.choices')} `, call.signal)
  if (!['y', 'yes', 'o', 'oui'].includes(answer.trim().toLowerCase()))
    throw new CommandLineError('interrupted', { key: 'error.declined', values: {} })
}
