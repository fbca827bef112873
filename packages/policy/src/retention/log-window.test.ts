import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs, hourMs } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { baseLockDays, type LogBase, type WindowNeeds, windowNeeds } from './log-window.ts'

const nowMs = Date.UTC(2026, 10, 21)

/** Bases by the days that they are old, oldest first: `!` is one that is not good, `|` a gap in the log. */
function basesOf(text: string): readonly LogBase[] {
  const [before = '', after] = text.split('|')
  const part = (words: string, isOfPresentLog: boolean): LogBase[] =>
    words
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => {
        const beginMs = nowMs - Number.parseFloat(word) * dayMs
        const state = word.endsWith('!') ? 'failed-verification' : 'good'
        return { id: word, state, beginMs, endMs: beginMs + hourMs, isOfPresentLog }
      })
  return after === undefined ? part(before, true) : [...part(before, false), ...part(after, true)]
}

test('a window needs the base before it, or the first one there is, and those beside a gap', () => {
  type Case = readonly [bases: string, windowDays: number | undefined, needed: string, logFromDays: number | undefined]
  const cases: readonly Case[] = [
    ['', 4, '', undefined],
    ['9 8 6 1', 4, '6 1', 6],
    ['9 5 4.9', 4, '4.9', 4.9],
    ['9 8 6! 1', 4, '8 1', 8],
    ['90 60 30', 4, '30', 30],
    ['3 2.9 2 1.5 1', 4, '3 2 1', 4],
    ['3! 2!', 4, '', 4],
    ['9 4 3', 4, '9 4 3', 9],
    ['27 20 19 12 5', 28, '27 20 12 5', 28],
    ['9 5 2.5 2.4 | 1.9 1.8', 4, '5 2.5 2.4 1.9', 5],
    ['9 8 | 4.5 1', 4, '4.5 1', 4.5],
    ['9 8 |', 4, '8', 8],
    ['9 8 6 1', undefined, '', 9],
    ['9! 8', undefined, '', 9],
    ['', undefined, '', undefined],
  ]
  for (const [text, windowDays, needed, logFromDays] of cases) {
    const needs = windowNeeds(basesOf(text), windowDays, nowMs)
    assert.deepEqual([...needs.baseIds].toSorted(), needed.split(' ').filter(Boolean).toSorted(), `${text} in ${windowDays}`)
    assert.equal(needs.logFromMs && (nowMs - needs.logFromMs) / dayMs, logFromDays, `${text} in ${windowDays}`)
  }
})

test('the first good base of each quarter is locked until that of the next one has left the window', () => {
  const at = (hours: number) => nowMs + hours * hourMs
  const earlier = [
    { completedMs: at(1), state: 'good' },
    { completedMs: at(25), state: 'failed-verification' },
  ] as const
  const cases = [
    [4, 0, 6],
    [4, 2, undefined],
    [4, 26, 6],
    [1, 26, 3],
    [30, 15 * 24, 45],
  ] as const
  for (const [windowDays, hours, days] of cases)
    assert.equal(baseLockDays(windowDays, at(hours), hours === 0 ? [] : earlier), days, `${windowDays} ${hours}`)
})

/** A log with gaps, its bases, and what of both is still there. */
interface History {
  readonly gaps: number[]
  readonly bases: LogBase[]
  readonly present: Set<string>
  logFromMs: number
}

const sameLog = (gaps: readonly number[], aMs: number, bMs: number): boolean => !gaps.some((gap) => gap > aMs && gap <= bMs)

/** Whether an instant can be restored, with everything there ever was or with what is left. */
function isRestorable({ gaps, bases, present, logFromMs }: History, atMs: number, withAll: boolean): boolean {
  return bases.some(
    ({ id, state, beginMs, endMs }) =>
      state === 'good' && endMs <= atMs && sameLog(gaps, beginMs, atMs) && (withAll || (present.has(id) && logFromMs <= beginMs)),
  )
}

test('whatever else goes, each instant of the window stays restorable that ever was, and little more than that is needed', () => {
  const random = new SeededRandom(testSeed('log-window'))
  for (let round = 0; round < 25; round++) {
    const windowDays = 1 + random.integer(10)
    const everyMs = (1 + random.integer(48)) * hourMs
    const history: History = { gaps: [], bases: [], present: new Set(), logFromMs: Number.NEGATIVE_INFINITY }
    let clockMs = nowMs
    for (let run = 0; run < 60; run++) {
      clockMs += everyMs * (random.integer(10) === 0 ? 1 + random.integer(20) : 1)
      if (random.integer(12) === 0) history.gaps.push(clockMs - random.integer(everyMs))
      const state = random.integer(5) === 0 ? 'failed-verification' : 'good'
      const [beginMs, id] = [clockMs, `b${run}`]
      const base: LogBase = { id, state, beginMs, endMs: beginMs + random.integer(hourMs), isOfPresentLog: true }
      history.bases.push(base)
      history.present.add(id)
      clockMs += hourMs + random.integer(hourMs)
      const lastGapMs = history.gaps.at(-1) ?? 0
      const bases = history.bases
        .filter((one) => history.present.has(one.id))
        .map((one) => ({ ...one, isOfPresentLog: one.beginMs >= lastGapMs }))
      const needs = windowNeeds(bases, windowDays, clockMs)
      retainOnly(history, bases, needs)
      assertNothingLost(random, history, windowDays, clockMs)
      assertLittleMore(history, bases, needs, windowDays, clockMs)
    }
  }
})

/** The harshest of retentions. */
function retainOnly(history: History, bases: readonly LogBase[], { baseIds, logFromMs }: WindowNeeds): void {
  for (const { id } of bases) if (!baseIds.has(id)) history.present.delete(id)
  history.logFromMs = Math.max(history.logFromMs, logFromMs ?? Number.NEGATIVE_INFINITY)
}

function assertNothingLost(random: SeededRandom, history: History, windowDays: number, clockMs: number): void {
  for (let probe = 0; probe < 12; probe++) {
    const atMs = clockMs - random.integer(windowDays * dayMs)
    const told = JSON.stringify({ windowDays, atMs, clockMs, history: { ...history, present: [...history.present] } })
    assert.equal(isRestorable(history, atMs, false), isRestorable(history, atMs, true), told)
  }
}

/** The best that could have been done with all bases there ever were, and a quarter of the window. */
function assertLittleMore(
  { bases: all, gaps }: History,
  present: readonly LogBase[],
  { baseIds, logFromMs = 0 }: WindowNeeds,
  windowDays: number,
  clockMs: number,
): void {
  const windowMs = clockMs - windowDays * dayMs
  const best = all.findLast(({ state, endMs }) => state === 'good' && endMs <= windowMs)
  const spareMs = Math.max(1, windowDays / 4) * dayMs + hourMs
  if (best !== undefined) assert.ok(logFromMs >= best.beginMs - spareMs, 'log stays that nothing needs')
  const beforeGap = present.filter(({ isOfPresentLog }) => !isOfPresentLog).length
  assert.ok(baseIds.size <= 7 + beforeGap, `${baseIds.size} bases are needed beside ${gaps.length} gaps`)
}
