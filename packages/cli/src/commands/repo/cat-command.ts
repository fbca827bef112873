import {
  BlobReader,
  catBlob,
  catConfig,
  catIndex,
  catKey,
  catLock,
  catMasterKey,
  catPack,
  catSnapshot,
  catTree,
  loadIndex,
} from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { openSession, type Session } from '../../session/open-session.ts'

const kinds = ['config', 'masterkey', 'snapshot', 'index', 'key', 'lock', 'pack', 'blob', 'tree'] as const
type Kind = (typeof kinds)[number]

export const catCommand = defineCommand({
  options: {},
  operands: 'masterkey | config | KIND ID',
  onlyPrints: true,
  async run(call) {
    const [kind, id] = parseOperands(call)
    await using session = await openSession(call, { lock: 'read' })
    const content = await read(kind, id, session, call)
    if (typeof content === 'string') call.output.print(content)
    else await call.output.printBytes(content)
  },
})

function parseOperands({ positionals }: Call<Record<never, never>>): [Kind, string] {
  const [word, id, extra] = positionals
  const kind = kinds.find((known) => known === word)
  if (kind === undefined) throw usageError('error.catKind', { kind: word ?? '', known: kinds.join(', ') })
  const takesId = kind !== 'config' && kind !== 'masterkey'
  if (takesId && id === undefined) throw usageError('error.missingOperand', { what: 'ID' })
  const unexpected = takesId ? extra : id
  if (unexpected !== undefined) throw usageError('error.unexpectedOperand', { operand: unexpected })
  return [kind, id ?? '']
}

/** Text ends with a newline on its way out; bytes come out as they are stored. */
async function read(
  kind: Kind,
  id: string,
  { repository, signal }: Session,
  { output, texts }: Call<Record<never, never>>,
): Promise<string | Uint8Array> {
  if (kind === 'config') return catConfig(repository)
  if (kind === 'masterkey') return catMasterKey(repository)
  if (kind === 'snapshot') return catSnapshot(repository, id, signal)
  if (kind === 'index') return (await catIndex(repository, id, signal)).toString('utf8')
  if (kind === 'key') return catKey(repository, id, signal)
  if (kind === 'lock') return catLock(repository, id, signal)
  if (kind === 'pack')
    return catPack(repository, id, (actual) => output.warn(texts.say('cat.packMismatch', { id, actual })), signal)
  const index = await loadIndex(repository, {}, signal)
  const reader = new BlobReader(repository, index)
  return kind === 'tree' ? catTree(repository, reader, id, signal) : catBlob(reader, index, id, signal)
}
