import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@coffre/testkit'
import { ProgressMeter, type RunProgress } from './progress.ts'

const megabyte = 1_000_000

function metered() {
  const clock = new FakeClock()
  const told: RunProgress[] = []
  const meter = new ProgressMeter(clock, (progress) => told.push(progress))
  return { clock, told, meter }
}

test('a new state is told at once, amounts four times a second at most', () => {
  const { clock, told, meter } = metered()
  meter.enter('preparing')
  meter.enter('transferring')
  for (let step = 1; step <= 1000; step++) {
    clock.advance(1)
    meter.update({ doneBytes: step, doneItems: 0 })
  }
  assert.deepEqual(
    told.map(({ state, doneBytes }) => `${state} ${doneBytes}`),
    ['preparing 0', 'transferring 0', 'transferring 250', 'transferring 500', 'transferring 750', 'transferring 1000'],
  )
})

test('speed and time left follow the last seconds', () => {
  const { clock, told, meter } = metered()
  meter.enter('transferring', { doneBytes: 0, totalBytes: 300 * megabyte, doneItems: 0 })
  let doneBytes = 0
  const run = (seconds: number, perSecond: number): RunProgress | undefined => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000)
      doneBytes += perSecond
      meter.update({ doneBytes, totalBytes: 300 * megabyte, doneItems: second })
    }
    return told.at(-1)
  }
  assert.deepEqual([told[0]?.bytesPerSecond, told[0]?.etaMs], [undefined, undefined])
  const fast = run(20, 10 * megabyte)
  assert.deepEqual([fast?.bytesPerSecond, fast?.etaMs], [10 * megabyte, 10_000])
  const slow = run(20, megabyte)
  assert.deepEqual([slow?.bytesPerSecond, slow?.etaMs], [megabyte, 80_000])
  const stalled = run(20, 0)
  assert.deepEqual([stalled?.bytesPerSecond, stalled?.etaMs], [0, undefined])
})

test('without a total there is no time left, and what is done never shrinks', () => {
  const { clock, told, meter } = metered()
  meter.enter('transferring')
  clock.advance(2000)
  meter.update({ doneBytes: 5000, doneItems: 3 })
  clock.advance(2000)
  meter.update({ doneBytes: 4000, doneItems: 4 })
  assert.deepEqual(told.at(-1), {
    state: 'transferring',
    doneBytes: 5000,
    totalBytes: undefined,
    doneItems: 4,
    etaMs: undefined,
    bytesPerSecond: 1250,
  })
})

test('a total that was a guess is never less than what is done, and the end is what it came to', () => {
  const { clock, told, meter } = metered()
  meter.enter('transferring', { doneBytes: 0, totalBytes: 100, doneItems: 0 })
  const tell = (doneBytes: number) => {
    clock.advance(1000)
    meter.update({ doneBytes, totalBytes: 100, doneItems: 1 })
    return told.at(-1)
  }
  assert.deepEqual([tell(90)?.totalBytes, tell(130)?.totalBytes], [100, 130])
  assert.equal(told.at(-1)?.etaMs, 0)
  meter.finish(120, 7)
  const { state, doneBytes, totalBytes, doneItems } = told.at(-1) ?? assert.fail()
  assert.deepEqual([state, doneBytes, totalBytes, doneItems], ['committing', 120, 120, 7])
})
