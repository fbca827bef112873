import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { parseKeepCounts } from '../lifecycle/keep-counts.ts'
import type { Lifecycle } from '../lifecycle/lifecycle.ts'
import { parseTerm } from '../lifecycle/term.ts'
import { planRetention, type RetentionOptions } from './plan-retention.ts'
import type { RetentionPoint } from './retention-point.ts'
import type { KeepReason, Verdict } from './verdict.ts'

const keep7 = { keep: parseKeepCounts('7d') }
const day35 = { deleteAfter: parseTerm('35d') }

/** A good point of one source, vault and rule, with its time as its id. */
function point(time: string, lifecycle: Lifecycle, rest: Partial<RetentionPoint> = {}): RetentionPoint {
  const own = { id: time, sourceId: 'shop', vaultId: 'main', ruleId: 'daily', completedMs: Date.parse(time), lifecycle }
  return { ...own, state: 'good', levelsAtCommit: [], holdIds: [], copyJobIds: [], baseOfStreamIds: [], ...rest }
}

function dailyPoints(from: string, count: number, lifecycle: Lifecycle): readonly RetentionPoint[] {
  const first = Date.parse(from)
  return Array.from({ length: count }, (_, i) => point(new Date(first + i * dayMs).toISOString(), lifecycle))
}

function plan(points: readonly RetentionPoint[], now: string, options: Partial<RetentionOptions> = {}): Record<string, string> {
  const all = { nowMs: Date.parse(now), timeZone: 'UTC', isSourceProtected: () => true, ...options }
  const verdicts = planRetention(points, all)
  return Object.fromEntries([...verdicts].map(([id, verdict]) => [id, tell(verdict)]))
}

function tell(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'keep':
      return `keep ${verdict.reasons.map(tellReason).join(', ')}`
    case 'expires':
      return `${verdict.why} at ${new Date(verdict.atMs).toISOString()}`
    case 'expire':
      return `expire ${verdict.why}`
    case 'blocked':
      return `blocked ${verdict.blockers.map(({ kind }) => kind).join(' ')}`
  }
}

function tellReason(reason: KeepReason): string {
  return reason.kind === 'level' ? `${reason.level} ${reason.newerPeriods + 1}/${reason.count}` : reason.kind
}

test('a plain lifecycle ends by the calendar, and no lifecycle never does', () => {
  const points = [
    point('2026-01-01T02:00:00Z', day35),
    point('2026-01-02T02:00:00Z', { deleteAfter: parseTerm('1m') }),
    point('2026-01-31T02:00:00Z', { deleteAfter: parseTerm('1m') }),
    point('2026-02-01T02:00:00Z', {}),
    point('2026-02-06T00:00:00Z', day35),
  ]
  assert.deepEqual(plan(points, '2026-02-07T00:00:00Z'), {
    '2026-01-01T02:00:00Z': 'expire term',
    '2026-01-02T02:00:00Z': 'expire term',
    '2026-01-31T02:00:00Z': 'term at 2026-02-28T02:00:00.000Z',
    '2026-02-01T02:00:00Z': 'keep for-ever',
    '2026-02-06T00:00:00Z': 'term at 2026-03-13T00:00:00.000Z',
  })
})

test('of each counted period the first good point stays, the others go after 24 hours', () => {
  const points = [
    point('2026-11-19T02:00:00Z', { keep: parseKeepCounts('2d') }),
    point('2026-11-19T08:00:00Z', { keep: parseKeepCounts('2d') }),
    point('2026-11-20T02:00:00Z', { keep: parseKeepCounts('2d') }),
    point('2026-11-20T20:00:00Z', { keep: parseKeepCounts('2d') }),
    point('2026-11-21T02:00:00Z', { keep: parseKeepCounts('2d') }),
  ]
  assert.deepEqual(plan(points, '2026-11-21T12:00:00Z'), {
    '2026-11-19T02:00:00Z': 'expire out-of-counts',
    '2026-11-19T08:00:00Z': 'expire extra',
    '2026-11-20T02:00:00Z': 'keep daily 2/2',
    '2026-11-20T20:00:00Z': 'extra at 2026-11-21T20:00:00.000Z',
    '2026-11-21T02:00:00Z': 'keep daily 1/2',
  })
})

test('a point is kept for every level that counts it', () => {
  const points = dailyPoints('2026-10-01T02:00:00Z', 40, { keep: parseKeepCounts('2d,2w,2m') })
  const kept = Object.entries(plan(points, '2026-11-09T12:00:00Z')).filter(([, told]) => told.startsWith('keep'))
  assert.deepEqual(kept, [
    ['2026-10-01T02:00:00.000Z', 'keep monthly 2/2'],
    ['2026-11-01T02:00:00.000Z', 'keep monthly 1/2'],
    ['2026-11-02T02:00:00.000Z', 'keep weekly 2/2'],
    ['2026-11-08T02:00:00.000Z', 'keep daily 2/2'],
    ['2026-11-09T02:00:00.000Z', 'keep daily 1/2, weekly 1/2'],
  ])
})

test('when backups stop, nothing more is thrown away', () => {
  const points = dailyPoints('2026-11-01T02:00:00Z', 10, keep7)
  const soon = plan(points, '2026-11-12T00:00:00Z')
  assert.equal(Object.values(soon).filter((told) => told.startsWith('keep')).length, 7)
  assert.deepEqual(plan(points, '2036-11-12T00:00:00Z', { isSourceProtected: () => false }), soon)
})

test('a point that is not good stands for nothing, and goes 24 hours after a good one succeeds it', () => {
  for (const state of ['partial', 'failed-verification'] as const) {
    const bad = point('2026-11-19T02:00:00Z', keep7, { state })
    const good = point('2026-11-21T02:00:00Z', keep7)
    assert.deepEqual(plan([bad], '2027-01-01T00:00:00Z'), { [bad.id]: 'keep no-successor' })
    assert.deepEqual(plan([bad, good], '2026-11-21T12:00:00Z'), {
      [bad.id]: 'succeeded at 2026-11-22T02:00:00.000Z',
      [good.id]: 'keep daily 1/7',
    })
    assert.equal(plan([bad, good], '2026-11-22T02:00:00Z')[bad.id], 'expire succeeded')
    const elsewhere = { ...good, vaultId: 'other' }
    assert.equal(plan([bad, elsewhere], '2027-01-01T00:00:00Z')[bad.id], 'keep no-successor', 'of another vault')
  }
})

test('with a plain lifecycle a point that is not good stays as long as the others', () => {
  const partial = point('2026-11-01T02:00:00Z', day35, { state: 'partial' })
  const good = point('2026-11-02T02:00:00Z', day35)
  assert.equal(plan([partial, good], '2026-11-21T00:00:00Z')[partial.id], 'term at 2026-12-06T02:00:00.000Z')
})

test('everything in the way is named', () => {
  const rest: Partial<RetentionPoint> = {
    state: 'unverified',
    lockUntilMs: Date.UTC(2028, 0, 1),
    holdIds: ['hold-1'],
    copyJobIds: ['copy-1'],
    baseOfStreamIds: ['stream-1'],
    legalReason: 'court order 17/26',
  }
  const all = point('2026-01-01T02:00:00Z', day35, rest)
  const verdict = planRetention([all], { nowMs: Date.UTC(2027, 0, 1), timeZone: 'UTC', isSourceProtected: () => true }).get(all.id)
  assert.deepEqual(verdict, {
    kind: 'blocked',
    dueMs: Date.UTC(2026, 1, 5, 2),
    why: 'term',
    blockers: [
      { kind: 'lock', untilMs: Date.UTC(2028, 0, 1) },
      { kind: 'hold', holdIds: ['hold-1'] },
      { kind: 'legal', reason: 'court order 17/26' },
      { kind: 'copy', jobIds: ['copy-1'] },
      { kind: 'unverified' },
      { kind: 'log-window', streamIds: ['stream-1'] },
      { kind: 'last-point' },
    ],
  })
  const other = point('2026-12-31T02:00:00Z', day35)
  for (const name of ['lockUntilMs', 'holdIds', 'copyJobIds', 'baseOfStreamIds', 'legalReason', 'state'] as const) {
    const one = point('2026-01-01T02:00:00Z', day35, { [name]: rest[name] })
    assert.match(plan([one, other], '2027-01-01T00:00:00Z')[one.id] ?? '', /^blocked [a-z-]+$/, name)
  }
  const formerly = point('2026-01-01T02:00:00Z', day35, { lockUntilMs: Date.UTC(2027, 0, 1) })
  assert.equal(plan([formerly, other], '2027-01-01T00:00:00Z')[formerly.id], 'expire term', 'a lock that ends now')
})

test('the newest good point of a protected source stays, whatever else is kept', () => {
  const first = point('2026-11-21T02:00:00Z', keep7)
  const newest = point('2026-11-21T20:00:00Z', keep7)
  const told = plan([first, newest], '2027-01-01T00:00:00Z')
  assert.deepEqual(told, { [first.id]: 'keep daily 1/7', [newest.id]: 'blocked last-point' })
})

test('the last good point of a protected source stays, in whichever vault it is', () => {
  const old = point('2026-01-01T02:00:00Z', day35)
  const newest = point('2026-01-02T02:00:00Z', day35, { vaultId: 'other' })
  const partial = point('2026-01-03T02:00:00Z', day35, { state: 'partial' })
  const told = plan([newest, old, partial], '2027-01-01T00:00:00Z')
  assert.deepEqual(told, { [newest.id]: 'blocked last-point', [old.id]: 'expire term', [partial.id]: 'expire term' })
  const forgotten = plan([newest, old, partial], '2027-01-01T00:00:00Z', { isSourceProtected: () => false })
  assert.deepEqual(new Set(Object.values(forgotten)), new Set(['expire term']))
  assert.equal(plan([partial], '2027-01-01T00:00:00Z')[partial.id], 'blocked last-point', 'all there is')
})

test('series do not count for each other', () => {
  const mine = point('2026-11-19T02:00:00Z', { keep: parseKeepCounts('1d') })
  const told = (rest: Partial<RetentionPoint>) =>
    plan([mine, { ...mine, id: 'newer', completedMs: Date.parse('2026-11-21T02:00:00Z'), ...rest }], '2026-11-21T12:00:00Z')[
      mine.id
    ]
  assert.equal(told({}), 'expire out-of-counts')
  for (const rest of [{ ruleId: 'other' }, { sourceId: 'other' }, { vaultId: 'other' }, { lifecycle: day35 }]) {
    assert.equal(told(rest), 'keep daily 1/1', JSON.stringify(rest))
  }
})

test('after a count is raised, the first point of the period that is kept as long stays too', () => {
  const short = point('2026-11-19T02:00:00Z', { keep: parseKeepCounts('1d') })
  const long = point('2026-11-19T08:00:00Z', { keep: parseKeepCounts('3d') })
  const next = point('2026-11-20T02:00:00Z', { keep: parseKeepCounts('3d') })
  assert.deepEqual(plan([short, long, next], '2026-11-21T12:00:00Z'), {
    [short.id]: 'expire out-of-counts',
    [long.id]: 'keep daily 2/3',
    [next.id]: 'keep daily 1/3',
  })
})

test('after a count is lowered, points made before go once their own term is over, if backups go on', () => {
  const before = dailyPoints('2026-11-01T02:00:00Z', 7, keep7)
  const after = dailyPoints('2026-11-08T02:00:00Z', 3, { keep: parseKeepCounts('2d') })
  const presentRule = () => ({ timeZone: 'UTC', lifecycle: { keep: parseKeepCounts('2d') } })
  const kept = (points: readonly RetentionPoint[], now: string): number =>
    Object.values(plan(points, now, { presentRule })).filter((told) => told.startsWith('keep')).length
  assert.equal(kept([...before, ...after], '2026-11-10T12:00:00Z'), 6, '2 new, 4 old, whose 7 days are not over')
  const later = dailyPoints('2026-11-11T02:00:00Z', 5, { keep: parseKeepCounts('2d') })
  assert.equal(kept([...before, ...after, ...later], '2026-11-15T12:00:00Z'), 2, 'their term is over')
  assert.equal(kept(before, '2036-01-01T00:00:00Z'), 7, 'backups stopped')
})

test('after a count is lowered, what is still among the newest stays, however old it is', () => {
  const old = point('2026-11-01T02:00:00Z', keep7)
  const recent = point('2026-11-20T02:00:00Z', { keep: parseKeepCounts('2d') })
  const presentRule = (keep: string) => () => ({ timeZone: 'UTC', lifecycle: { keep: parseKeepCounts(keep) } })
  assert.equal(plan([old, recent], '2026-11-21T00:00:00Z', { presentRule: presentRule('2d') })[old.id], 'keep daily 2/7')
  assert.equal(plan([old, recent], '2026-11-21T00:00:00Z', { presentRule: presentRule('1d') })[old.id], 'expire out-of-counts')
})

test('the zone is that of the rule as it is now', () => {
  const first = point('2026-11-21T22:30:00Z', { keep: parseKeepCounts('2d') })
  const second = point('2026-11-21T23:30:00Z', { keep: parseKeepCounts('2d') })
  const now = '2026-11-23T00:00:00Z'
  const isSourceProtected = () => false
  assert.equal(plan([first, second], now, { isSourceProtected })[second.id], 'expire extra')
  const presentRule = () => ({ timeZone: 'Europe/Paris', lifecycle: { keep: parseKeepCounts('2d') } })
  assert.equal(plan([first, second], now, { isSourceProtected, presentRule })[second.id], 'keep daily 1/2')
})

test('whether a point stood for its level at commit already is told', () => {
  const promoted = point('2026-11-21T02:00:00Z', keep7)
  const verdict = planRetention([promoted, { ...promoted, id: 'other', ruleId: 'x', levelsAtCommit: ['daily'] }], {
    nowMs: promoted.completedMs,
    timeZone: 'UTC',
    isSourceProtected: () => true,
  })
  const stood = [...verdict.values()].map((one) =>
    one.kind === 'keep' && one.reasons[0]?.kind === 'level' ? one.reasons[0].stoodAtCommit : undefined,
  )
  assert.deepEqual(stood, [false, true])
})
