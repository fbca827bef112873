import { createKey } from '@coffre/api-contract'
import { dayMs } from '@coffre/foundation'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { commaTexts, parseWholeNumber, text, value } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

const options = {
  scope: commaTexts('scope', 'operation'),
  project: text('project', 'name'),
  expiresInDays: value('expires-in-days', 'n', parseWholeNumber),
} as const

export const keyCreateCommand = defineServerCommand({
  options,
  operands: 'NAME',
  async run(call) {
    const { scope, project = null, expiresInDays } = call.options
    const { texts } = call
    const name = onlyOperand(call, 'NAME')
    const untilMs = call.host.clock.nowMs() + (expiresInDays ?? 0) * dayMs
    const expiresAt = expiresInDays === undefined ? null : new Date(untilMs).toISOString()
    const scopes = scope.length === 0 ? null : [...scope]
    const made = await (await connect(call)).call(createKey, { body: { name, scopes, project, expiresAt } })
    printResult(made, call, () => [made.key])
    call.output.note(texts.say('key.keep', { id: made.created.id }))
  },
})
