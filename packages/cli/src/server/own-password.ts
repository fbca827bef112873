import type { ByteString } from '@coffre/foundation'
import type { ServerCall } from '../command.ts'
import type { Person } from '../host/host.ts'
import { CommandLineError, usageError } from '../messages/command-line-error.ts'
import { readTextFile, trimSpaces } from '../session/text-file.ts'

type Call = Pick<ServerCall, 'host' | 'texts' | 'signal'>

/** From the file that the option names, or else asked for. */
export async function presentPassword(call: Call, file: ByteString | undefined, option: string): Promise<string> {
  if (file !== undefined) return trimSpaces(await readTextFile(file, `--${option}`))
  return askPerson(call, option, (person) => person.askSecret(call.texts.say('login.password'), call.signal))
}

/** The same of a password that is chosen now: asked for twice, as nobody could sign in any more after a slip of the fingers. */
export async function chosenPassword(call: Call, file: ByteString | undefined, option: string): Promise<string> {
  if (file !== undefined) return presentPassword(call, file, option)
  const { texts, signal } = call
  const password = await askPerson(call, option, (person) => person.askSecret(texts.say('login.newPassword'), signal))
  const again = await askPerson(call, option, (person) => person.askSecret(texts.say('login.again'), signal))
  if (again === password) return password
  throw new CommandLineError('auth.password-refused', { key: 'error.passwordsDiffer', values: {} })
}

/** What somebody answers; where there is nobody, the option is missing. */
export async function askPerson(
  { host }: Pick<ServerCall, 'host'>,
  option: string,
  question: (person: Person) => Promise<string>,
): Promise<string> {
  const { person } = host
  if (person === undefined) throw usageError('error.missingOption', { option: `--${option}` }, 'hint.noTerminal')
  return question(person)
}
