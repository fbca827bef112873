import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs, hourMs } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { type KeepCounts, type KeepLevel, keepLevels } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { levelsAtCommit } from './commit-terms.ts'
import { planRetention, type RetentionOptions } from './plan-retention.ts'
import type { RetentionPoint } from './retention-point.ts'

const zones = ['UTC', 'Europe/Paris', 'America/New_York', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia']

test('exactly what no rule wants goes, and nothing that is in use', () => {
  const random = new SeededRandom(testSeed('retention.oracle'))
  for (let round = 0; round < 400; round++) {
    const options = randomOptions(random)
    const points = randomPoints(random, options, randomLifecycles(random))
    const verdicts = planRetention(points, options)
    const wanted = wantedByRules(points, options.timeZone)
    for (const point of points) {
      if (point.state !== 'good' || point.lifecycle.keep === undefined) continue
      const told = JSON.stringify({ point, verdict: verdicts.get(point.id), options })
      const isYoung = options.nowMs < point.completedMs + dayMs
      const expected = wanted.has(point) ? 'keep' : isYoung ? 'expires' : inTheWay(point, points, options) ? 'blocked' : 'expire'
      assert.equal(verdicts.get(point.id)?.kind, expected, told)
    }
    assertNothingInUseGoes(points, goneOf(points, options), options)
  }
})

test('once done, there is no more to do, and the order in which points are given does not matter', () => {
  const random = new SeededRandom(testSeed('retention.idempotent'))
  for (let round = 0; round < 400; round++) {
    const lifecycles = randomLifecycles(random)
    const presentRule = () => ({ timeZone: chosen(random, zones), lifecycle: chosen(random, lifecycles) })
    const rules = new Map(['a', 'b'].map((id) => [id, presentRule()]))
    const options = { ...randomOptions(random), presentRule: (id: string) => rules.get(id) }
    const points = randomPoints(random, options, lifecycles)
    const gone = goneOf(points, options)
    assert.deepEqual(goneOf(points.toReversed(), options), gone)
    assertNothingInUseGoes(points, gone, options)
    const left = points.filter(({ id }) => !gone.has(id))
    assert.deepEqual([...goneOf(left, options)], [], JSON.stringify({ points, options }))
  }
})

test('raising a count removes nothing more', () => {
  const random = new SeededRandom(testSeed('retention.monotone'))
  for (let round = 0; round < 400; round++) {
    const options = randomOptions(random)
    const keep = randomCounts(random)
    const points = randomPoints(random, options, [{ keep }])
    const level = chosen(random, keepLevels)
    const raised = { keep: { ...keep, [level]: (keep[level] ?? 0) + 1 + random.integer(5) } }
    const before = goneOf(points, options)
    const after = goneOf(
      points.map((point) => ({ ...point, lifecycle: raised })),
      options,
    )
    for (const id of after) assert.ok(before.has(id), JSON.stringify({ keep, raised, id, points, options }))
  }
})

test('carried out again and again, retention never removes what the whole history still wants, nor the last good point', () => {
  const random = new SeededRandom(testSeed('retention.history'))
  for (let round = 0; round < 25; round++) {
    const timeZone = chosen(random, zones)
    const keep = randomCounts(random)
    const everyMs = chosen(random, [1, 3, 6, 12, 24, 60]) * hourMs
    const history: RetentionPoint[] = []
    let present: RetentionPoint[] = []
    let nowMs = Date.UTC(2026, random.integer(12), 1 + random.integer(28), random.integer(24), random.integer(60))
    for (let run = 0; run < 120; run++) {
      nowMs += everyMs * (random.integer(20) === 0 ? 1 + random.integer(40) : 1)
      const made = newPoint(random, nowMs, keep, present, timeZone, run)
      history.push(made)
      present.push(made)
      verifySome(random, history, present)
      const options = { nowMs: nowMs + random.integer(everyMs), timeZone, isSourceProtected: () => true }
      const gone = goneOf(present, options)
      const wanted = wantedByRules(history, timeZone)
      present = present.filter(({ id }) => !gone.has(id))
      const left = new Set(present.map(({ id }) => id))
      for (const point of wanted) assert.ok(left.has(point.id), JSON.stringify({ point, keep, timeZone, history }))
      if (history.some(({ state }) => state === 'good')) assert.ok(present.some(({ state }) => state === 'good'))
    }
    const settled = { nowMs: nowMs + 400 * dayMs, timeZone, isSourceProtected: () => true }
    const left = present.filter(({ id, state }) => state === 'good' && !goneOf(present, settled).has(id))
    const most = keepLevels.reduce((sum, level) => sum + (keep[level] ?? 0), 1)
    assert.ok(left.length <= most, `${left.length} points are left of ${JSON.stringify(keep)}`)
  }
})

/** The statement that the engine is held against: of each level's newest periods that have a good point, the first good one. */
function wantedByRules(points: readonly RetentionPoint[], timeZone: string): ReadonlySet<RetentionPoint> {
  const wanted = new Set<RetentionPoint>()
  const series = Map.groupBy(
    points.filter(({ state, lifecycle }) => state === 'good' && lifecycle.keep !== undefined),
    ({ sourceId, vaultId, ruleId }) => `${sourceId} ${vaultId} ${ruleId}`,
  )
  for (const members of series.values()) {
    for (const level of keepLevels) wantLevel(members, level, timeZone, wanted)
  }
  return wanted
}

function wantLevel(members: readonly RetentionPoint[], level: KeepLevel, timeZone: string, wanted: Set<RetentionPoint>): void {
  const labels = new Map(members.map((point) => [point, periodLabel(point.completedMs, level, timeZone)]))
  const newestFirst = members
    .filter(({ lifecycle }) => (lifecycle.keep?.[level] ?? 0) > 0)
    .toSorted((a, b) => b.completedMs - a.completedMs)
  const periods = [...new Set(newestFirst.map((point) => labels.get(point)))]
  for (const point of members) {
    const count = point.lifecycle.keep?.[level] ?? 0
    if (!periods.slice(0, count).includes(labels.get(point))) continue
    const isSpare = members.some(
      (other) => labels.get(other) === labels.get(point) && isBefore(other, point) && (other.lifecycle.keep?.[level] ?? 0) >= count,
    )
    if (!isSpare) wanted.add(point)
  }
}

function isBefore(a: RetentionPoint, b: RetentionPoint): boolean {
  return a.completedMs < b.completedMs || (a.completedMs === b.completedMs && a.id < b.id)
}

const formats = new Map(
  zones.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      timeZoneName: 'longOffset',
    }),
  ]),
)

const knownLabels = new Map<string, string>()

/** The period as a person would write it, by way of Intl, which is slow. */
function periodLabel(instantMs: number, level: KeepLevel, timeZone: string): string {
  const key = `${instantMs} ${level} ${timeZone}`
  const label = knownLabels.get(key) ?? writeLabel(instantMs, level, timeZone)
  knownLabels.set(key, label)
  return label
}

function writeLabel(instantMs: number, level: KeepLevel, timeZone: string): string {
  const parts = Object.fromEntries((formats.get(timeZone)?.formatToParts(instantMs) ?? []).map(({ type, value }) => [type, value]))
  const { year, month, day, hour, timeZoneName } = parts
  switch (level) {
    case 'hourly':
      return `${year}-${month}-${day} ${hour} ${timeZoneName}`
    case 'daily':
      return `${year}-${month}-${day}`
    case 'weekly':
      return isoWeek(Number(year), Number(month), Number(day))
    case 'monthly':
      return `${year}-${month}`
    case 'yearly':
      return `${year}`
  }
}

/** The week of ISO 8601 is that of its Thursday. */
function isoWeek(year: number, month: number, day: number): string {
  const thursday = new Date(Date.UTC(year, month - 1, day))
  while (thursday.getUTCDay() !== 1) thursday.setUTCDate(thursday.getUTCDate() - 1)
  thursday.setUTCDate(thursday.getUTCDate() + 3)
  const days = (thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / dayMs
  return `${thursday.getUTCFullYear()}-W${Math.floor(days / 7) + 1}`
}

function inTheWay(point: RetentionPoint, points: readonly RetentionPoint[], options: RetentionOptions): boolean {
  const isUsed = point.holdIds.length + point.copyJobIds.length + point.baseOfStreamIds.length > 0
  const isLocked = (point.lockUntilMs ?? 0) > options.nowMs
  const good = points.filter(({ sourceId, state }) => sourceId === point.sourceId && state === 'good')
  const isLast = options.isSourceProtected(point.sourceId) && good.every((other) => other === point || isBefore(other, point))
  return isUsed || isLocked || isLast || point.legalReason !== undefined
}

function assertNothingInUseGoes(points: readonly RetentionPoint[], gone: ReadonlySet<string>, options: RetentionOptions): void {
  for (const point of points.filter(({ id }) => gone.has(id))) {
    assert.ok((point.lockUntilMs ?? 0) <= options.nowMs, 'locked')
    assert.deepEqual([...point.holdIds, ...point.copyJobIds, ...point.baseOfStreamIds], [])
    assert.equal(point.legalReason, undefined)
    assert.notEqual(point.state, 'unverified')
  }
  for (const [sourceId, members] of Map.groupBy(points, (point) => point.sourceId)) {
    if (!options.isSourceProtected(sourceId)) continue
    const best = members.some(({ state }) => state === 'good') ? members.filter(({ state }) => state === 'good') : members
    assert.ok(
      best.some(({ id }) => !gone.has(id)),
      `nothing is left of ${sourceId}`,
    )
  }
}

function goneOf(points: readonly RetentionPoint[], options: RetentionOptions): ReadonlySet<string> {
  return new Set(
    [...planRetention(points, options)]
      .filter(([, { kind }]) => kind === 'expire')
      .map(([id]) => id)
      .sort(),
  )
}

function randomOptions(random: SeededRandom): RetentionOptions {
  const nowMs = Date.UTC(2008 + random.integer(30), random.integer(12), 1 + random.integer(28), random.integer(24))
  const isProtected = random.integer(3) > 0
  return { nowMs, timeZone: chosen(random, zones), isSourceProtected: (id) => isProtected || id === 'shop' }
}

function randomLifecycles(random: SeededRandom): readonly Lifecycle[] {
  return Array.from({ length: 1 + random.integer(3) }, () =>
    random.integer(4) === 0 ? { deleteAfter: { value: 1 + random.integer(60), unit: 'days' } } : { keep: randomCounts(random) },
  )
}

function randomCounts(random: SeededRandom): KeepCounts {
  const counts = keepLevels.flatMap((level) => (random.integer(2) === 0 ? [] : [[level, 1 + random.integer(8)] as const]))
  return counts.length === 0 ? { daily: 1 + random.integer(7) } : Object.fromEntries(counts)
}

/** Points at any distance before now, some after it; dense around some day, so that periods are shared. */
function randomPoints(
  random: SeededRandom,
  options: RetentionOptions,
  lifecycles: readonly Lifecycle[],
): readonly RetentionPoint[] {
  const spanMs = chosen(random, [2, 20, 100, 800]) * dayMs
  const single = random.integer(2) === 0
  return Array.from({ length: random.integer(40) }, (_, i): RetentionPoint => {
    const backMs = random.integer(spanMs / 1000) * 1000 - hourMs
    const used = (id: string): readonly string[] => (random.integer(15) === 0 ? [id] : [])
    return {
      id: `p${i}`,
      sourceId: single ? 'shop' : chosen(random, ['shop', 'blog']),
      vaultId: single ? 'main' : chosen(random, ['main', 'far']),
      ...(single ? { ruleId: 'a' } : chosen(random, [{ ruleId: 'a' }, { ruleId: 'b' }, {}])),
      completedMs: options.nowMs - (random.integer(4) === 0 ? Math.floor(backMs / dayMs) * dayMs : backMs),
      state: chosen(random, ['good', 'good', 'good', 'good', 'partial', 'unverified', 'failed-verification']),
      lifecycle: chosen(random, lifecycles),
      levelsAtCommit: [],
      holdIds: used('hold'),
      copyJobIds: used('copy'),
      baseOfStreamIds: used('stream'),
      ...(random.integer(10) === 0 ? { lockUntilMs: options.nowMs + (random.integer(5) - 2) * dayMs } : {}),
      ...(random.integer(30) === 0 ? { legalReason: 'court order' } : {}),
    }
  })
}

function newPoint(
  random: SeededRandom,
  completedMs: number,
  keep: KeepCounts,
  present: readonly RetentionPoint[],
  timeZone: string,
  number: number,
): RetentionPoint {
  return {
    id: `p${String(number).padStart(4, '0')}`,
    sourceId: 'shop',
    vaultId: 'main',
    ruleId: 'a',
    completedMs,
    state: chosen(random, ['unverified', 'unverified', 'good', 'partial']),
    lifecycle: { keep },
    levelsAtCommit: levelsAtCommit(completedMs, present, keep, timeZone),
    holdIds: [],
    copyJobIds: [],
    baseOfStreamIds: [],
  }
}

/** Verification comes some time after the commit, and finds some damaged. Replaces the points in both lists. */
function verifySome(random: SeededRandom, history: RetentionPoint[], present: RetentionPoint[]): void {
  for (const [i, point] of history.entries()) {
    if (point.state !== 'unverified' || random.integer(3) > 0) continue
    const verified: RetentionPoint = { ...point, state: random.integer(6) === 0 ? 'failed-verification' : 'good' }
    history[i] = verified
    const at = present.findIndex(({ id }) => id === point.id)
    if (at >= 0) present[at] = verified
  }
}

function chosen<Item>(random: SeededRandom, items: readonly Item[]): Item {
  const item = items[random.integer(items.length)]
  if (item === undefined) throw new Error('there is nothing to choose from')
  return item
}
