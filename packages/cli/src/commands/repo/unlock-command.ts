import { removeLocks } from '@coffre/repository'
import { defineCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { openSession } from '../../session/open-session.ts'

export const unlockCommand = defineCommand({
  options: { removeAll: flag('remove-all') },
  async run(call) {
    refuseOperands(call)
    await using session = await openSession(call, { lock: 'none' })
    const removed = await removeLocks(session.repository, call.options.removeAll, session.signal)
    if (call.output.json) call.output.printJson({ message_type: 'summary', removed_locks: removed })
    else if (removed > 0) call.output.summarize(call.texts.say('unlock.removed', { count: removed }))
  },
})
