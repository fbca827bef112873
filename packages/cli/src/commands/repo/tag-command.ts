import {
  changeTags,
  type Id,
  parseTagList,
  selectSnapshots,
  type TagChange,
  tagChangeToJson,
  tagSummaryToJson,
} from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { values } from '../../options/option.ts'
import { flattenTags } from '../../options/quantities.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { loadIndexOf } from '../../session/load-index.ts'
import { openSession } from '../../session/open-session.ts'
import { heldNow, recordSnapshots, writeLock } from '../../session/vault-state.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

const options = {
  set: values('set', 'tag[,tag…]', parseTagList),
  add: values('add', 'tag[,tag…]', parseTagList),
  remove: values('remove', 'tag[,tag…]', parseTagList),
  ...snapshotFilterOptions,
} as const

export const tagCommand = defineCommand({
  options,
  operands: '[ID…]',
  async run(call) {
    const { output, texts, positionals, surroundings } = call
    const change = changeOf(call)
    await using session = await openSession(call, { lock: 'exclusive' })
    const { repository, signal } = session
    const snapshots = await selectSnapshots(
      repository,
      positionals,
      snapshotFilterOf(call.options, surroundings),
      signal,
      warnOfSnapshot(call),
    )
    const held = await heldNow(session)
    const lock = await writeLock(session, await loadIndexOf(session, call))
    const changes: { readonly oldId: Id; readonly newId: Id }[] = []
    const onChanged = (oldId: Id, newId: Id): void => {
      changes.push({ oldId, newId })
      if (output.json) output.printJsonText(tagChangeToJson(oldId, newId))
      else output.note(texts.say('tag.changed', { oldId, newId }), 2)
    }
    let failed = 0
    const warn = warnOfSnapshot(call)
    const onError = (id: Id, error: unknown): void => {
      failed++
      warn(id, error)
    }
    const count = await changeTags(repository, snapshots, { change, held, ...lock, onChanged, onError }, signal)
    await recordSnapshots(session, { added: changes.map(({ newId }) => newId), removed: changes.map(({ oldId }) => oldId) })
    if (output.json) output.printJsonText(tagSummaryToJson(count))
    else output.summarize(texts.say('changes.made', { count }))
    if (failed > 0) throw usageError('error.notAllChanged', { count: failed })
  },
})

function changeOf({ options: { set, add, remove } }: Call<typeof options>): TagChange {
  if (set.length + add.length + remove.length === 0) throw usageError('error.nothingToDo', { options: '--set, --add, --remove' })
  if (set.length > 0 && add.length + remove.length > 0)
    throw usageError('error.exclusive', { one: '--set', other: '--add, --remove' })
  if (set.length === 0) return { add: flattenTags(add), remove: flattenTags(remove) }
  const tags = flattenTags(set)
  // An empty tag alone takes all tags away.
  return { set: tags.length === 0 ? [''] : tags }
}
