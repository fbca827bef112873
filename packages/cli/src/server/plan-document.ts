import type { ByteString } from '@coffre/foundation'
import type { ServerCall } from '../command.ts'
import { onlyOperand } from '../options/operands.ts'
import { text } from '../options/option.ts'
import { readTextFile } from '../session/text-file.ts'

/** For commands that take the document of a plan. */
export const planDocumentOptions = { name: text('name', 'name'), vault: text('vault', 'vault') } as const

/** What the server is sent. The document is its text as it is: the server keeps it, and points into it. */
export async function planRequest(call: ServerCall<typeof planDocumentOptions>) {
  const { name, vault } = call.options
  const document = await documentOf(onlyOperand(call, 'FILE'), call)
  return { document, ...(name === undefined ? {} : { name }), ...(vault === undefined ? {} : { targetVault: vault }) }
}

function documentOf(operand: ByteString, { host }: Pick<ServerCall, 'host'>): Promise<string> {
  return operand === '-' ? host.readInput() : readTextFile(operand, 'FILE')
}
