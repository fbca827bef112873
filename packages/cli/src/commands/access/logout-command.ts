import { endSession } from '@coffre/api-contract'
import { isCoffreError } from '@coffre/foundation'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { serverUrl } from '../../server/choose-server.ts'
import { Connection } from '../../server/connection.ts'
import { loginsFile, readLogins, writeLogins } from '../../server/stored-logins.ts'

export const logoutCommand = defineServerCommand({
  options: {},
  operands: '[URL]',
  async run(call) {
    const { output, texts, surroundings } = call
    const [given, other] = call.positionals
    if (other !== undefined) throw usageError('error.unexpectedOperand', { operand: other })
    const path = loginsFile(surroundings.environment)
    const { current, servers } = await readLogins(path)
    const url = given === undefined ? current : serverUrl(given, 'URL')
    const login = url === undefined ? undefined : servers[url]
    if (url === undefined || login === undefined) throw usageError('error.notSignedIn', { url: url ?? '' })
    try {
      await new Connection({ url, token: login.token, isLocal: false }, call.signal).call(endSession, {
        params: { session: 'current' },
      })
    } catch (error) {
      // What the server has forgotten, or a server that is gone, needs no sign-out.
      if (!isCoffreError(error, 'server.unreachable', 'auth.required', 'auth.failed', 'auth.expired')) throw error
      if (isCoffreError(error, 'server.unreachable')) output.warn(texts.say('logout.unreachable', { url }))
    }
    const { [url]: _, ...rest } = servers
    await writeLogins(path, { current: current === url ? undefined : current, servers: rest })
    if (output.json) output.printJson({ url })
    output.summarize(texts.say('logout.done', { url }))
  },
})
