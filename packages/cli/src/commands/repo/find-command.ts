import {
  BlobReader,
  blobsOfPacks,
  type FoundEntry,
  type FoundObject,
  findEntries,
  findObjects,
  formatInstant,
  foundEntriesToJson,
  foundObjectsToJson,
  type Id,
  nodeLine,
  packOfObject,
  parseTimestamp,
  type RepositoryIndex,
  type StoredSnapshot,
  selectSnapshots,
  type WantedObjects,
} from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { parseLooseTime } from '../../options/local-times.ts'
import { flag, texts, value } from '../../options/option.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { shortId, snapshotTime } from '../../output/snapshot-text.ts'
import { loadIndexOf } from '../../session/load-index.ts'
import { openSession } from '../../session/open-session.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

const options = {
  oldest: value('oldest', 'time', parseLooseTime, { short: 'O' }),
  newest: value('newest', 'time', parseLooseTime, { short: 'N' }),
  snapshot: texts('snapshot', 'ID', { short: 's' }),
  blob: flag('blob'),
  tree: flag('tree'),
  pack: flag('pack'),
  showPackId: flag('show-pack-id'),
  ignoreCase: flag('ignore-case', { short: 'i' }),
  reverse: flag('reverse', { short: 'R' }),
  long: flag('long', { short: 'l' }),
  humanReadable: flag('human-readable'),
  ...snapshotFilterOptions,
} as const

type FindCall = Call<typeof options>

export const findCommand = defineCommand({
  options,
  operands: 'PATTERN…',
  onlyPrints: true,
  async run(call) {
    const { options: given, positionals, surroundings, texts: words, output } = call
    if (positionals.length === 0) throw usageError('error.missingOperand', { what: 'PATTERN' })
    if (Number(given.blob) + Number(given.tree) + Number(given.pack) > 1) throw usageError('error.oneKindOfId')
    await using session = await openSession(call, { lock: 'read' })
    const { repository, signal } = session
    const index = await loadIndexOf(session, call)
    const reader = new BlobReader(repository, index)
    const chosen = await selectSnapshots(
      repository,
      given.snapshot,
      snapshotFilterOf(given, surroundings),
      signal,
      warnOfSnapshot(call),
    )
    const snapshots = given.reverse ? chosen : chosen.toReversed()
    const onUnreadable = (snapshot: StoredSnapshot, tree: Id, error: unknown): void => {
      output.warn(
        words.say('find.unreadable', {
          tree,
          snapshot: shortId(snapshot.id),
          problem: error instanceof Error ? error.message : String(error),
        }),
      )
    }
    const wanted = wantedObjects(call, index)
    if (wanted !== undefined) {
      const objects = remember(findObjects(reader, snapshots, wanted, onUnreadable, signal))
      await printObjects(objects.found, call)
      if (given.showPackId && !output.json) printPacks(objects.seen, index, call)
      return
    }
    const times = {
      ...(given.oldest === undefined ? {} : { oldest: instant(given.oldest) }),
      ...(given.newest === undefined ? {} : { newest: instant(given.newest) }),
    }
    await printEntries(
      findEntries(reader, snapshots, { patterns: positionals, ignoreCase: given.ignoreCase, ...times, onUnreadable }, signal),
      call,
    )
  },
})

function instant(unixMs: number) {
  return parseTimestamp(formatInstant(unixMs))
}

function wantedObjects(
  { options: { blob, tree, pack }, positionals }: FindCall,
  index: RepositoryIndex,
): WantedObjects | undefined {
  if (tree) return { blobs: [], trees: positionals }
  if (blob) return { blobs: positionals, trees: [] }
  return pack ? { blobs: blobsOfPacks(index, positionals), trees: [] } : undefined
}

async function printEntries(
  entries: AsyncIterable<FoundEntry>,
  { output, texts: words, options: { long, humanReadable } }: FindCall,
): Promise<void> {
  if (output.json) return printPieces(foundEntriesToJson(entries), output)
  let current: StoredSnapshot | undefined
  for await (const { snapshot, path, node } of entries) {
    if (snapshot.id !== current?.id) {
      if (current !== undefined) output.note('')
      output.note(words.say('find.inSnapshot', { id: shortId(snapshot.id), time: snapshotTime(snapshot) }))
      current = snapshot
    }
    output.print(long ? nodeLine(path, node, humanReadable) : path)
  }
}

async function printObjects(objects: AsyncIterable<FoundObject>, { output, texts: words }: FindCall): Promise<void> {
  if (output.json) return printPieces(foundObjectsToJson(objects), output)
  for await (const { kind, id, path, parentTree, snapshot } of objects) {
    output.print(words.say('find.object', { kind, id }))
    output.print(words.say(kind === 'blob' ? 'find.inFile' : 'find.atPath', { path, tree: parentTree ?? '' }))
    output.print(words.say('find.ofSnapshot', { id: shortId(snapshot.id), time: snapshotTime(snapshot) }))
  }
}

async function printPieces(pieces: AsyncIterable<string>, output: FindCall['output']): Promise<void> {
  for await (const piece of pieces) await output.printBytes(Buffer.from(piece))
}

/** Passes objects on, and keeps each one that went by. */
function remember(objects: AsyncIterable<FoundObject>) {
  const seen = new Map<string, FoundObject>()
  async function* found(): AsyncGenerator<FoundObject> {
    for await (const object of objects) {
      seen.set(`${object.kind} ${object.id}`, object)
      yield object
    }
  }
  return { found: found(), seen }
}

function printPacks(seen: ReadonlyMap<string, FoundObject>, index: RepositoryIndex, { output, texts: words }: FindCall): void {
  for (const { kind, id } of seen.values()) {
    const place = packOfObject(index, id, kind === 'tree')
    if (place === undefined) output.print(words.say('find.noPack', { kind, id }))
    else output.print(words.say('find.pack', { kind, id, pack: place.packId, offset: place.offset, length: place.sealedBytes }))
  }
}
