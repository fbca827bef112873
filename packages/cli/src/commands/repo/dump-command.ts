import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type ByteString, bytesOf, CoffreError } from '@coffre/foundation'
import { type DumpTarget, dump, findDumpTarget } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { twoOperands } from '../../options/operands.ts'
import { choice, text } from '../../options/option.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { openSession } from '../../session/open-session.ts'
import { openPlace } from '../../session/snapshot-place.ts'

const options = {
  ...snapshotFilterOptions,
  archive: choice('archive', ['tar', 'zip'], { short: 'a' }),
  target: text('target', 'path', { short: 't' }),
} as const

export const dumpCommand = defineCommand({
  options,
  operands: 'ID[:FOLDER] PATH',
  onlyPrints: true,
  async run(call) {
    const [name, path] = twoOperands(call, 'ID', 'PATH')
    await using session = await openSession(call, { lock: 'read' })
    const { tree, index, reader } = await openPlace(name, snapshotFilterOf(call.options, call.surroundings), session, call)
    const found = await findDumpTarget(reader, tree, path, session.signal)
    refuseTerminal(found, call)
    const content = dump(session.repository, index, found, call.options.archive ?? 'tar', session.signal)
    const { target } = call.options
    if (target !== undefined) return writeFile(target, content, session.signal)
    for await (const chunk of content) await call.output.printBytes(chunk)
  },
})

function refuseTerminal({ kind }: DumpTarget, { output, options: { target } }: Call<typeof options>): void {
  if (kind === 'folder' && target === undefined && output.isResultTerminal)
    throw usageError('error.archiveToTerminal', {}, 'hint.redirect')
}

async function writeFile(path: ByteString, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(content, createWriteStream(bytesOf(path)), { signal })
  } catch (error) {
    if (error instanceof CoffreError || !(error instanceof Error && 'syscall' in error)) throw error
    throw new CoffreError('target.failed', `cannot write ${path}: ${error.message}`, {
      hint: 'Check the path, its permissions and the free space.',
      cause: error,
    })
  }
}
