import { removeKey } from '@coffre/repository'
import { defineCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { openSession } from '../../session/open-session.ts'
import { recordKeys } from '../../session/vault-state.ts'

export const keysRemoveCommand = defineCommand({
  options: {},
  operands: 'ID',
  async run(call) {
    const name = onlyOperand(call, 'ID')
    await using session = await openSession(call, { lock: 'exclusive' })
    const id = await removeKey(session.repository, name, session.signal)
    await recordKeys(session, { removed: [id] })
    if (call.output.json) call.output.printJson({ message_type: 'summary', removed_key: id })
    else call.output.summarize(call.texts.say('keys.removed', { id }))
  },
})
