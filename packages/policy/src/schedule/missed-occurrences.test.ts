import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hourMs, minuteMs } from '@coffre/foundation'
import { countOccurrences } from './count-occurrences.ts'
import { type Absence, missedOccurrences } from './missed-occurrences.ts'
import { occurrences } from './occurrence.ts'
import { parseSchedule } from './parse-schedule.ts'

const at = (text: string) => Date.parse(text)
const basis = { timeZone: 'Europe/Paris', anchorMs: at('2026-01-01T00:00Z') }
const daily = parseSchedule('0 2 * * *')

function missed(absence: Partial<Absence>, schedule = daily) {
  const { listed, unlisted } = missedOccurrences(schedule, basis, {
    afterMs: at('2026-03-27T01:00Z'),
    nowMs: at('2026-03-30T01:30Z'),
    limit: 10,
    ...absence,
  })
  return {
    due: listed.map(({ dueMs }) => new Date(dueMs).toISOString().slice(0, 16)),
    runnable: listed.map(({ isRunnable }) => isRunnable),
    unlisted,
  }
}

test('all that fell due is listed, and the newest runs while its start window is open', () => {
  const due = ['2026-03-28T01:00', '2026-03-29T01:00', '2026-03-30T00:00']
  assert.deepEqual(missed({ startWindowMs: 2 * hourMs }), { due, runnable: [false, false, true], unlisted: 0 })
  assert.deepEqual(missed({ startWindowMs: 1.5 * hourMs + 1 }), { due, runnable: [false, false, true], unlisted: 0 })
  assert.deepEqual(missed({ startWindowMs: 1.5 * hourMs }), { due, runnable: [false, false, false], unlisted: 0 })
  assert.deepEqual(missed({}), { due, runnable: [false, false, true], unlisted: 0 })
})

test('an older run does not run, though its start window be open', () => {
  assert.deepEqual(missed({ startWindowMs: 1000 * hourMs }).runnable, [false, false, true])
})

test('the newest are listed, the others counted', () => {
  assert.deepEqual(missed({ limit: 2 }), { due: ['2026-03-29T01:00', '2026-03-30T00:00'], runnable: [false, true], unlisted: 1 })
  assert.deepEqual(missed({ limit: 1, afterMs: at('2020-03-27T01:00Z') }), {
    due: ['2026-03-30T00:00'],
    runnable: [true],
    unlisted: 2193,
  })
})

test('what is due now was missed, what was dealt with was not', () => {
  const [afterMs, nowMs] = [at('2026-03-29T01:00Z'), at('2026-03-30T00:00Z')]
  assert.deepEqual(missed({ afterMs, nowMs }), { due: ['2026-03-30T00:00'], runnable: [true], unlisted: 0 })
  assert.deepEqual(missed({ afterMs, nowMs: nowMs - 1 }), { due: [], runnable: [], unlisted: 0 })
  assert.deepEqual(missed({ afterMs: nowMs, nowMs: afterMs }), { due: [], runnable: [], unlisted: 0 })
})

test('a rate', () => {
  const found = missed(
    { limit: 1, afterMs: at('2025-01-01T00:00Z'), nowMs: at('2026-01-02T01:00Z') },
    parseSchedule('rate(6 hours)'),
  )
  assert.deepEqual(found, { due: ['2026-01-02T00:00'], runnable: [true], unlisted: 3 })
})

test('years of a schedule of every minute take no longer than years of days', () => {
  const everyMinute = parseSchedule('* * * * *')
  const [afterMs, nowMs] = [at('2016-01-01T00:00Z'), at('2026-01-01T00:00Z')]
  const begin = performance.now()
  const { listed, unlisted } = missedOccurrences(everyMinute, basis, { afterMs, nowMs, limit: 3 })
  const tookMs = performance.now() - begin
  assert.deepEqual(
    listed.map(({ dueMs }) => nowMs - dueMs),
    [120_000, 60_000, 0],
  )
  assert.equal(unlisted, (nowMs - afterMs) / minuteMs - 3)
  assert.ok(tookMs < 1000, `took ${tookMs} ms for 5 million runs`)
})

test('counting agrees with listing, over changes of the clocks and single days', () => {
  for (const text of ['*/20 * * * *', '0 1-4 * * *', 'every 50m', '30 2 * * *', 'cron(0 * 25 10 ? *)', 'rate(7 hours)']) {
    const schedule = parseSchedule(text)
    for (const timeZone of ['Europe/Paris', 'America/St_Johns', 'Pacific/Apia']) {
      const place = { timeZone, anchorMs: 0 }
      for (const [after, through] of [
        ['2010-10-20T05:10Z', '2010-11-10T07:00Z'],
        ['2011-12-28T00:00Z', '2012-01-02T00:00Z'],
        ['2026-10-25T00:20Z', '2026-10-25T01:20Z'],
      ] as const) {
        const listed = [...occurrences(schedule, place, at(after), at(through))]
        assert.equal(
          countOccurrences(schedule, place, at(after), at(through)),
          listed.length,
          `${text} in ${timeZone} from ${after}`,
        )
      }
    }
  }
})
