import {
  BlobReader,
  changeToJson,
  type DiffStatistics,
  diff,
  diffStatisticsToJson,
  findFolder,
  findSnapshot,
} from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { twoOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { formatBytes } from '../../output/amounts.ts'
import { shortId } from '../../output/snapshot-text.ts'
import { loadIndexOf } from '../../session/load-index.ts'
import { openSession } from '../../session/open-session.ts'

export const diffCommand = defineCommand({
  options: { metadata: flag('metadata') },
  operands: 'ID[:FOLDER] ID[:FOLDER]',
  onlyPrints: true,
  async run(call) {
    const { output, texts, globals } = call
    const names = twoOperands(call, 'ID', 'ID')
    await using session = await openSession(call, { lock: 'read' })
    const { repository, signal } = session
    const before = await findSnapshot(repository, names[0], {}, signal)
    const after = await findSnapshot(repository, names[1], {}, signal)
    output.note(texts.say('diff.comparing', { before: shortId(before.snapshot.id), after: shortId(after.snapshot.id) }))
    const index = await loadIndexOf(session, call)
    const reader = new BlobReader(repository, index)
    const beforeTree = await findFolder(reader, before.snapshot.tree, before.subfolder, signal)
    const afterTree = await findFolder(reader, after.snapshot.tree, after.subfolder, signal)
    const statistics = await diff(
      reader,
      index,
      beforeTree,
      afterTree,
      {
        metadata: call.options.metadata,
        onChange(change) {
          if (globals.quiet) return
          if (output.json) output.printJsonText(changeToJson(change))
          else output.print(`${change.modifier.padEnd(5)}${change.path}`)
        },
        onError: (path, error) =>
          output.warn(texts.say('diff.failed', { path, problem: error instanceof Error ? error.message : String(error) })),
      },
      signal,
    )
    if (output.json) output.printJsonText(diffStatisticsToJson(statistics, names[0], names[1]))
    else printStatistics(statistics, call)
  },
})

function printStatistics(
  { added, removed, changedFiles }: DiffStatistics,
  { output, texts }: Pick<Call, 'output' | 'texts'>,
): void {
  const five = (count: number): string => String(count).padStart(5)
  const twoSided = (what: 'files' | 'dirs' | 'others' | 'dataBlobs' | 'treeBlobs') => ({
    added: five(added[what]),
    removed: five(removed[what]),
  })
  output.print('')
  output.print(texts.say('diff.files', { ...twoSided('files'), changed: five(changedFiles) }))
  output.print(texts.say('diff.dirs', twoSided('dirs')))
  output.print(texts.say('diff.others', twoSided('others')))
  output.print(texts.say('diff.dataBlobs', twoSided('dataBlobs')))
  output.print(texts.say('diff.treeBlobs', twoSided('treeBlobs')))
  output.print(texts.say('diff.added', { size: formatBytes(added.bytes) }))
  output.print(texts.say('diff.removed', { size: formatBytes(removed.bytes) }))
}
