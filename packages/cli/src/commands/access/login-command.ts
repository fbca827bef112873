import { createFirstUser, createSession } from '@coffre/api-contract'
import { isCoffreError } from '@coffre/foundation'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import type { Person } from '../../host/host.ts'
import { CommandLineError, usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { serverUrl } from '../../server/choose-server.ts'
import { Connection } from '../../server/connection.ts'
import { loginsFile, readLogins, writeLogins } from '../../server/stored-logins.ts'
import { readTextFile, trimSpaces } from '../../session/text-file.ts'

const options = {
  name: text('name', 'name'),
  passwordFile: text('password-file', 'file', { short: 'p' }),
  code: text('code', 'code'),
  firstUser: text('first-user', 'token'),
} as const

type LoginCall = ServerCall<typeof options>

export const loginCommand = defineServerCommand({
  options,
  operands: 'URL',
  async run(call) {
    const { output, texts, surroundings } = call
    const url = serverUrl(onlyOperand(call, 'URL'), 'URL')
    if (url.startsWith('http://') && !isLoopback(url)) output.warn(texts.say('login.plain', { url }))
    const name = call.options.name ?? (await ask(call, 'name', (person) => person.ask(texts.say('login.name'), call.signal)))
    const password = await passwordOf(call)
    const connection = new Connection({ url, token: undefined, isLocal: false }, call.signal)
    const token = await signIn(connection, name, password, call)
    const path = loginsFile(surroundings.environment)
    const { servers } = await readLogins(path)
    await writeLogins(path, { current: url, servers: { ...servers, [url]: { token, name } } })
    if (output.json) output.printJson({ url, name })
    output.summarize(texts.say('login.done', { url, name }))
  },
})

async function signIn(connection: Connection, name: string, password: string, call: LoginCall): Promise<string> {
  const { firstUser, code } = call.options
  if (firstUser !== undefined) {
    const { token } = await connection.call(createFirstUser, { params: {}, body: { token: firstUser, name, password } })
    return token
  }
  const credentials = { name, password }
  try {
    const body = code === undefined ? credentials : { ...credentials, code }
    return (await connection.call(createSession, { params: {}, body })).token
  } catch (error) {
    const { person } = call.host
    if (!isCoffreError(error, 'auth.second-factor') || code !== undefined || person === undefined) throw error
    const typed = await person.ask(call.texts.say('login.code'), call.signal)
    return (await connection.call(createSession, { params: {}, body: { ...credentials, code: typed.trim() } })).token
  }
}

async function passwordOf(call: LoginCall): Promise<string> {
  const { passwordFile, firstUser } = call.options
  if (passwordFile !== undefined) return trimSpaces(await readTextFile(passwordFile, '--password-file'))
  const password = await ask(call, 'password-file', (person) => person.askSecret(call.texts.say('login.password'), call.signal))
  if (firstUser === undefined) return password
  // Nobody could sign in any more after a slip of the fingers.
  const again = await ask(call, 'password-file', (person) => person.askSecret(call.texts.say('login.again'), call.signal))
  if (again !== password) throw new CommandLineError('auth.password-refused', { key: 'error.passwordsDiffer', values: {} })
  return password
}

async function ask(call: LoginCall, option: string, question: (person: Person) => Promise<string>): Promise<string> {
  const { person } = call.host
  if (person === undefined) throw usageError('error.missingOption', { option: `--${option}` }, 'hint.noTerminal')
  return question(person)
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
