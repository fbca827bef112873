import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { ResticOracle, SeededRandom, testSeed } from '@coffre/testkit'
import type { Id } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { encodeSnapshot } from '../format/snapshot-codec.ts'
import { timestampWriter, type ZoneOffset } from '../local/timestamp.ts'
import { type CalendarDuration, formatDuration } from './duration.ts'
import { applyPolicy, type ForgetPolicy, isEmptyPolicy, type Period, periods } from './forget-policy.ts'
import { matchesFilter, type SnapshotFilter, type TagList } from './snapshot-filter.ts'
import { groupSnapshots, parseGroupBy } from './snapshot-group.ts'

/** What `restic forget --json` prints of a group. */
interface PrintedGroup {
  readonly tags: readonly string[] | null
  readonly host: string
  readonly paths: readonly string[] | null
  readonly keep: readonly { readonly id: Id }[] | null
  readonly remove: readonly { readonly id: Id }[] | null
  readonly reasons: readonly { readonly snapshot: { readonly id: Id }; readonly matches: readonly string[] }[] | null
}

const nowMs = systemContext.clock.nowMs()
const zones: readonly string[] = ['UTC', 'Europe/Paris', 'America/New_York', 'Australia/Lord_Howe']

test('forget keeps and removes what restic does, for the same reasons', async () => {
  const random = new SeededRandom(testSeed('forget-policy.restic'))
  await using oracle = await ResticOracle.create()
  const snapshots = await storeSnapshots(oracle, random)
  for (let round = 0; round < 50; round++) {
    const policy = randomPolicy(random)
    if (isEmptyPolicy(policy)) continue
    const zone = pick(random, zones)
    const groupBy = pick(random, ['', 'host', 'host,paths', 'host,tags', 'paths,tags', 'tags'])
    const filter: SnapshotFilter = random.integer(3) === 0 ? { hosts: ['alpha'], tags: [['red'], ['']] } : {}
    const args = [...policyArguments(policy), ...filterArguments(filter), '--group-by', groupBy]
    const printed = await oracle
      .json<PrintedGroup[] | null>(['forget', '--dry-run', '--no-lock', ...args], { TZ: zone })
      .catch(refusal)
    const chosen = snapshots.filter((snapshot) => matchesFilter(snapshot, filter))
    const groups = groupSnapshots(chosen, parseGroupBy(groupBy)).map(({ key, snapshots: members }) => {
      const { keep, remove, reasons } = applyPolicy(members, policy, nowMs, zoneOf(zone))
      return {
        tags: key.tags,
        host: key.hostname,
        paths: key.paths,
        keep: idsOf(keep),
        remove: idsOf(remove),
        reasons: reasons.map(({ snapshot, matches }) => ({ id: snapshot.id, matches })),
      }
    })
    const told = `TZ=${zone} restic forget ${args.join(' ')}`
    if (printed === 'refused')
      assert.ok(
        groups.some(({ keep }) => keep.length === 0),
        told,
      )
    else assert.deepEqual(byKey(groups), byKey((printed ?? []).map(comparable)), told)
  }
})

/** Some clusters of snapshots of several hosts, clocks, and zones, up to the future; no two at the same instant. */
async function storeSnapshots(oracle: ResticOracle, random: SeededRandom): Promise<StoredSnapshot[]> {
  const seconds = new Set<number>()
  const spans = [3600, 86_400, 40 * 86_400, 800 * 86_400, 3000 * 86_400]
  for (let i = 0; i < 160; i++) seconds.add(Math.floor(nowMs / 1000) + 86_400 - random.integer(pick(random, spans)))
  const snapshots = [...seconds].map((second) => ({
    time: timestampWriter(pick(random, [...zones.map(zoneOf), () => 345]))({
      seconds: second,
      nanoseconds: pick(random, [0, 1, 500_000_000]),
    }),
    tree: 'ab'.repeat(32),
    paths: pick(random, [['/a'], ['/b', '/a'], ['/a', '/b']]),
    hostname: pick(random, ['alpha', 'beta']),
    ...pick(random, [{}, { tags: ['red'] }, { tags: ['red', 'blue'] }, { tags: ['blue', 'red'] }]),
  }))
  const ids = await oracle.store('snapshots', snapshots.map(encodeSnapshot))
  return snapshots.map((snapshot, i) => ({ ...snapshot, id: ids[i] ?? '' }))
}

function randomPolicy(random: SeededRandom): ForgetPolicy {
  const counts: Partial<Record<Period, number>> = {}
  const within: Partial<Record<Period, CalendarDuration>> = {}
  for (const period of periods) {
    if (random.integer(3) === 0) counts[period] = random.integer(5) === 0 ? -1 : random.integer(12)
    if (random.integer(4) === 0) {
      within[period] = { years: random.integer(2), months: random.integer(14), days: random.integer(40), hours: random.integer(30) }
    }
  }
  const tags: readonly TagList[] = pick(random, [[], [], [['red']], [['']], [['red', 'blue'], ['nothing']]])
  return { counts, within, tags }
}

function policyArguments({ counts = {}, within = {}, tags = [] }: ForgetPolicy): string[] {
  const args = tags.flatMap((list) => ['--keep-tag', list.join()])
  for (const period of periods) {
    const count = counts[period]
    if (count !== undefined) args.push(`--keep-${period}`, count === -1 ? 'unlimited' : String(count))
    const duration = within[period]
    if (duration !== undefined) args.push(period === 'last' ? '--keep-within' : `--keep-within-${period}`, formatDuration(duration))
  }
  return args
}

function filterArguments({ hosts = [], tags = [] }: SnapshotFilter): string[] {
  return [...hosts.flatMap((host) => ['--host', host]), ...tags.flatMap((list) => ['--tag', list.join()])]
}

/** restic keeps at least one snapshot of each group, or does nothing. */
function refusal(error: unknown): 'refused' {
  if (error instanceof Error && error.message.includes('refusing to delete last snapshot')) return 'refused'
  throw error
}

function comparable(group: PrintedGroup) {
  return {
    tags: group.tags,
    host: group.host,
    paths: group.paths,
    keep: idsOf(group.keep ?? []),
    remove: idsOf(group.remove ?? []),
    reasons: (group.reasons ?? []).map(({ snapshot, matches }) => ({ id: snapshot.id, matches: [...matches] })),
  }
}

function byKey<G extends { readonly host: string; readonly paths: unknown; readonly tags: unknown }>(
  groups: readonly G[],
): Record<string, G> {
  return Object.fromEntries(groups.map((group) => [JSON.stringify([group.host, group.paths, group.tags]), group]))
}

function idsOf(snapshots: readonly { readonly id: Id }[]): Id[] {
  return snapshots.map(({ id }) => id)
}

function pick<T>(random: SeededRandom, list: readonly T[]): T {
  return list[random.integer(list.length)] as T
}

function zoneOf(name: string): ZoneOffset {
  const format = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' })
  return (seconds) => {
    const text = format.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? ''
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(text) ?? []
    const distance = sign === undefined ? 0 : Number(hours) * 60 + Number(minutes)
    return sign === '-' ? -distance : distance
  }
}
