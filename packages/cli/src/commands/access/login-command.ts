import { createFirstUser, createSession, redeemPasswordToken } from '@coffre/api-contract'
import { isCoffreError } from '@coffre/foundation'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { serverUrl } from '../../server/choose-server.ts'
import { Connection } from '../../server/connection.ts'
import { askPerson, chosenPassword, presentPassword } from '../../server/own-password.ts'
import { loginsFile, readLogins, writeLogins } from '../../server/stored-logins.ts'

const options = {
  name: text('name', 'name'),
  passwordFile: text('password-file', 'file', { short: 'p' }),
  code: text('code', 'code'),
  firstUser: text('first-user', 'token'),
  passwordToken: text('password-token', 'token'),
} as const

type LoginCall = ServerCall<typeof options>

export const loginCommand = defineServerCommand({
  options,
  operands: 'URL',
  async run(call) {
    const { output, texts, surroundings } = call
    const url = serverUrl(onlyOperand(call, 'URL'), 'URL')
    if (url.startsWith('http://') && !isLoopback(url)) output.warn(texts.say('login.plain', { url }))
    const name = call.options.name ?? (await askPerson(call, 'name', (person) => person.ask(texts.say('login.name'), call.signal)))
    const isNew = call.options.firstUser !== undefined || call.options.passwordToken !== undefined
    const password = await (isNew ? chosenPassword : presentPassword)(call, call.options.passwordFile, 'password-file')
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
  const { firstUser, passwordToken, code } = call.options
  if (firstUser !== undefined) {
    const { token } = await connection.call(createFirstUser, { params: {}, body: { token: firstUser, name, password } })
    return token
  }
  if (passwordToken !== undefined)
    await connection.call(redeemPasswordToken, { body: { token: passwordToken, newPassword: password } })
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

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
