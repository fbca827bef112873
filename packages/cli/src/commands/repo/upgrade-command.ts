import { checkRepository, undoUpgrade, upgradeRepository } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { CommandLineError } from '../../messages/command-line-error.ts'
import { refuseOperands } from '../../options/operands.ts'
import { openSession, openStorage } from '../../session/open-session.ts'
import { readPassword } from '../../session/read-password.ts'
import { mainRepository } from '../../session/repository-choice.ts'

export const upgradeCommand = defineCommand({
  options: {},
  async run(call) {
    refuseOperands(call)
    const { output, texts } = call
    await undoInterrupted(call)
    await using session = await openSession(call, { lock: 'exclusive' })
    const { repository, signal } = session
    if (repository.config.version === 1) {
      output.note(texts.say('upgrade.checking'))
      const { errors } = await checkRepository(
        repository,
        { onFinding: ({ severity, message }) => severity === 'error' && output.warn(message) },
        signal,
      )
      if (errors > 0)
        throw new CommandLineError(
          'repository.damaged',
          { key: 'check.errors', values: { count: errors } },
          { key: 'hint.damaged', values: {} },
        )
    }
    const { config } = await upgradeRepository(repository, signal)
    if (output.json) output.printJson({ message_type: 'summary', id: config.id, version: config.version })
    else output.summarize(texts.say('upgrade.done', { version: config.version }))
  },
})

/** What an upgrade that was stopped has left would keep the repository from opening. */
async function undoInterrupted(call: Call<Record<never, never>>): Promise<void> {
  const choice = await mainRepository(call.globals, call.surroundings)
  await using backend = await openStorage(call, choice)
  await undoUpgrade(backend, await readPassword(choice.password, call.signal), call.signal)
}
