import { getSource, updateSource } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { flag } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'
import { engineOf, engineOptions } from '../../server/operand-engine.ts'

const options = { ...engineOptions, acceptFindings: flag('accept-findings') } as const

/** What the operands and options say replaces what was there; the rest of the configuration stays. */
export const sourceUpdateCommand = defineServerCommand({
  options,
  operands: 'NAME [PATH…|URL]',
  async run(call) {
    const { output, texts, positionals } = call
    const [name, ...operands] = positionals
    if (name === undefined) throw usageError('error.missingOperand', { what: 'NAME' })
    const client = await connect(call)
    const params = { source: name }
    const known = await client.call(getSource, { params })
    const present = operands.length === 0 ? urlOf(known.config) : undefined
    const { engine, config, secrets } = await engineOf(present === undefined ? operands : [present], call)
    if (engine !== known.engine) throw usageError('error.otherEngine', { name, engine: known.engine, given: engine })
    const body = {
      config: { ...known.config, ...config },
      ...(secrets === undefined ? {} : { secrets }),
      acceptFindings: call.options.acceptFindings,
    }
    const changed = await client.call(updateSource, { params, body })
    if (output.json) output.printJson(changed)
    else showFindings(changed.findings, call)
    output.summarize(texts.say('source.updated', { name: changed.name }))
  },
})

/** Where a PostgreSQL source is reached now, so that its password alone can be entered again. */
function urlOf({ members, user, database, tls }: Readonly<Record<string, unknown>>): string | undefined {
  if (!Array.isArray(members)) return undefined
  const hosts = (members as readonly { readonly host: string; readonly port: number }[]).map(({ host, port }) =>
    host.includes(':') ? `[${host}]:${port}` : `${encodeURIComponent(host)}:${port}`,
  )
  const parts = [user, database].map((part) => encodeURIComponent(String(part ?? 'postgres')))
  return `postgres://${parts[0]}@${hosts.join(',')}/${parts[1]}?sslmode=${tls ?? 'prefer'}`
}
