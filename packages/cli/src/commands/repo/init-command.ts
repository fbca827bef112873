import { initRepository, type LockSettings, openRepository, type Repository } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { newRepositoryContext } from '../../host/repository-context.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { fromChoice, fromOptions } from '../../options/from-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { choice, flag, parseWholeNumber, text, value } from '../../options/option.ts'
import { openStorage } from '../../session/open-session.ts'
import { readPassword } from '../../session/read-password.ts'
import { mainRepository } from '../../session/repository-choice.ts'

const options = {
  repositoryVersion: text('repository-version', '1|2|latest|stable'),
  copyChunkerParams: flag('copy-chunker-params'),
  objectLock: choice('object-lock', ['governance', 'compliance']),
  lockDays: value('lock-days', 'days', parseWholeNumber),
  ...fromOptions,
} as const

export const initCommand = defineCommand({
  options,
  async run(call) {
    refuseOperands(call)
    const { output, texts, surroundings, signal } = call
    const version = parseVersion(call.options.repositoryVersion)
    const lock = lockSettings(call)
    const choice = await mainRepository(call.globals, surroundings)
    await using stack = new AsyncDisposableStack()
    const source = await chunkerSource(call, stack)
    const password = await readPassword(choice.password, signal)
    const backend = stack.use(await openStorage(call, choice))
    const context = newRepositoryContext(surroundings.environment)
    const init = {
      password,
      version,
      ...(source === undefined ? {} : { copyPolynomialFrom: source }),
      ...(lock === undefined ? {} : { lock }),
    }
    const repository = await initRepository(backend, context, init, signal)
    const { id } = repository.config
    if (output.json) return output.printJson({ message_type: 'initialized', id, repository: choice.location })
    output.summarize(texts.say('init.created', { id: id.slice(0, 10), location: choice.location }))
    if (lock !== undefined) output.summarize(texts.say('init.locked', { days: lock.days, mode: lock.mode }))
    if (source !== undefined) output.summarize(texts.say('init.copiedChunker'))
    output.note(texts.say('init.keepPassword'))
  },
})

function parseVersion(given: string | undefined): 1 | 2 {
  if (given === undefined || given === 'latest' || given === 'stable' || given === '2') return 2
  if (given === '1') return 1
  throw usageError('error.optionValue', {
    value: JSON.stringify(given),
    option: '--repository-version',
    expected: '1 | 2 | latest | stable',
  })
}

function lockSettings({ options: { objectLock: mode, lockDays: days } }: Call<typeof options>): LockSettings | undefined {
  if (mode === undefined && days === undefined) return undefined
  if (mode === undefined) throw usageError('error.onlyWith', { option: '--lock-days', other: '--object-lock' })
  if (days === undefined) throw usageError('error.missingOption', { option: '--lock-days' })
  return { mode, days }
}

/** The repository whose chunker parameters are wanted. */
async function chunkerSource(call: Call<typeof options>, stack: AsyncDisposableStack): Promise<Repository | undefined> {
  const { copyChunkerParams, fromRepo, fromRepositoryFile } = call.options
  if (!copyChunkerParams) {
    if (fromRepo !== undefined || fromRepositoryFile !== undefined)
      throw usageError('error.onlyWith', { option: '--from-repo', other: '--copy-chunker-params' })
    return undefined
  }
  const choice = await fromChoice(call.options, call.surroundings)
  const password = await readPassword(choice.password, call.signal)
  const backend = stack.use(await openStorage(call, choice))
  return openRepository(backend, newRepositoryContext(call.surroundings.environment), { password }, call.signal)
}
