import type { ByteString } from '@coffre/foundation'
import { type ListedItem, ls, lsItemToJson, lsSnapshotToJson, nodeLine } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { choice, flag, type Values } from '../../options/option.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { NcduPrinter } from '../../output/ncdu-printer.ts'
import { snapshotLine } from '../../output/snapshot-text.ts'
import { openSession } from '../../session/open-session.ts'
import { openPlace } from '../../session/snapshot-place.ts'

const options = {
  ...snapshotFilterOptions,
  long: flag('long', { short: 'l' }),
  recursive: flag('recursive'),
  humanReadable: flag('human-readable'),
  ncdu: flag('ncdu'),
  sort: choice('sort', ['name', 'size', 'time', 'mtime', 'atime', 'ctime', 'extension'], { short: 's' }),
  reverse: flag('reverse'),
} as const

export const lsCommand = defineCommand({
  options,
  operands: 'ID[:FOLDER] [FOLDER…]',
  onlyPrints: true,
  async run(call) {
    const [name, folders] = parseOperands(call)
    refuseContradictions(call.options, call.globals.json)
    await using session = await openSession(call, { lock: 'read' })
    const { snapshot, tree, reader } = await openPlace(name, snapshotFilterOf(call.options, call.surroundings), session, call)
    const { sort = 'name', reverse, recursive } = call.options
    const items = ls(reader, tree, { folders, recursive, sort: sort === 'time' ? 'mtime' : sort, reverse }, session.signal)
    const { output, texts } = call
    if (output.json) {
      output.printJsonText(lsSnapshotToJson(snapshot, tree))
      for await (const item of items) output.printJsonText(lsItemToJson(item))
    } else if (call.options.ncdu) {
      const printer = new NcduPrinter(snapshot, tree, (text) => output.print(text))
      for await (const item of items) printer.add(item)
      printer.end()
    } else {
      output.note(snapshotLine(snapshot, texts))
      for await (const item of items) output.print(lineOf(item, call.options))
    }
  },
})

function lineOf({ path, node }: ListedItem, { long, humanReadable }: Values<typeof options>): ByteString {
  return long ? nodeLine(path, node, humanReadable) : path
}

function parseOperands({ positionals }: Call<typeof options>): [string, readonly ByteString[]] {
  const [name, ...folders] = positionals
  if (name === undefined) throw usageError('error.missingOperand', { what: 'ID' }, 'hint.latest')
  const relative = folders.find((folder) => !folder.startsWith('/'))
  if (relative !== undefined) throw usageError('error.relativeFolder', { folder: relative })
  return [name, folders]
}

function refuseContradictions({ ncdu, sort, reverse }: Values<typeof options>, json: boolean): void {
  if (!ncdu) return
  const other = json ? '--json' : sort !== undefined && sort !== 'name' ? '--sort' : reverse ? '--reverse' : undefined
  if (other !== undefined) throw usageError('error.exclusive', { one: '--ncdu', other })
}
