import { groupSnapshots, parseGroupBy, type SnapshotGroup, type StoredSnapshot, selectSnapshots } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { flag, parseWholeNumber, value } from '../../options/option.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { groupHeading, groupKeyJson } from '../../output/group-text.ts'
import { snapshotJson, snapshotTable } from '../../output/snapshot-text.ts'
import { openSession } from '../../session/open-session.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

const options = {
  ...snapshotFilterOptions,
  compact: flag('compact', { short: 'c' }),
  latest: value('latest', 'n', parseWholeNumber),
  last: flag('last', { hidden: true }),
  groupBy: value('group-by', 'group', parseGroupBy, { short: 'g' }),
} as const

const nothing = { host: false, paths: false, tags: false }

export const snapshotsCommand = defineCommand({
  options,
  operands: '[ID…]',
  onlyPrints: true,
  async run(call) {
    await using session = await openSession(call, { lock: 'read' })
    const filter = snapshotFilterOf(call.options, call.surroundings)
    const chosen = await selectSnapshots(session.repository, call.positionals, filter, session.signal, warnOfSnapshot(call))
    const { groupBy } = call.options
    const limit = call.options.last ? 1 : (call.options.latest ?? 0)
    const groups = groupSnapshots(chosen, groupBy ?? nothing).map((group) => ({
      ...group,
      snapshots: latestOfEach(group.snapshots, limit),
    }))
    const isGrouped = groupBy !== undefined && (groupBy.host || groupBy.paths || groupBy.tags)
    if (call.output.json) return printJson(call, groups, isGrouped)
    for (const { key, snapshots } of groups) {
      if (isGrouped) for (const line of groupHeading(key, call.texts)) call.output.print(line)
      for (const line of snapshotTable(snapshots, { compact: call.options.compact }, call.texts)) call.output.print(line)
    }
  },
})

function printJson({ output }: Call, groups: readonly SnapshotGroup<StoredSnapshot>[], isGrouped: boolean): void {
  const listJson = (snapshots: readonly StoredSnapshot[]): string => `[${snapshots.map(snapshotJson).join()}]`
  if (!isGrouped) {
    output.printJsonText(listJson(groups.flatMap(({ snapshots }) => snapshots)))
    return
  }
  const parts = groups.map(({ key, snapshots }) => `{"group_key":${groupKeyJson(key)},"snapshots":${listJson(snapshots)}}`)
  output.printJsonText(`[${parts.join()}]`)
}

/** The last `limit` snapshots of each host and paths; all when it is 0. */
function latestOfEach(snapshots: readonly StoredSnapshot[], limit: number): readonly StoredSnapshot[] {
  if (limit === 0) return snapshots
  const seen = new Map<string, number>()
  const isWanted = ({ hostname, paths }: StoredSnapshot): boolean => {
    const key = JSON.stringify([hostname, [...paths].sort()])
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return count <= limit
  }
  return snapshots.toReversed().filter(isWanted).reverse()
}
