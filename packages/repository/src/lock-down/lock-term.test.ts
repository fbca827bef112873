import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import type { LockPolicy } from '../state/vault-state.ts'
import { boundaryAfterMs, quantumMs, retainUntilMs, termMs } from './lock-term.ts'

function policyOf(days: number, daysMax = days): LockPolicy {
  return { mode: 'governance', days, daysMax }
}

test('a quantum is a quarter of the term, between one day and thirty', () => {
  assert.deepEqual(
    [1, 4, 6, 60, 120, 365].map((days) => quantumMs(policyOf(days)) / dayMs),
    [1, 1, 1.5, 15, 30, 30],
  )
})

test('a retention outlasts its point, by two quanta at most, in whole seconds, and stays the same for a quantum', () => {
  const random = new SeededRandom(testSeed('terms'))
  for (let round = 0; round < 2000; round++) {
    const policy = policyOf(1 + random.integer(800))
    const lockUntilMs = 1_700_000_000_000 + random.integer(2 ** 31) * 100
    const name = Buffer.from(random.bytes(32)).toString('hex')
    const untilMs = retainUntilMs(lockUntilMs, policy, name)
    assert.ok(untilMs > lockUntilMs && untilMs <= lockUntilMs + 2 * quantumMs(policy))
    assert.equal(untilMs % 1000, 0)
    const boundary = boundaryAfterMs(lockUntilMs, policy)
    assert.equal(retainUntilMs(boundary - 1, policy, name), untilMs)
    assert.equal(retainUntilMs(boundary, policy, name), untilMs + quantumMs(policy))
  }
})

test('the ends of many files spread evenly over a quantum', () => {
  const random = new SeededRandom(testSeed('spread'))
  const policy = policyOf(60)
  const boundary = boundaryAfterMs(1_700_000_000_000, policy)
  const days = new Array<number>(15).fill(0)
  for (let file = 0; file < 15_000; file++) {
    const untilMs = retainUntilMs(1_700_000_000_000, policy, Buffer.from(random.bytes(32)).toString('hex'))
    const day = Math.floor((untilMs - boundary) / dayMs)
    days[day] = (days[day] ?? 0) + 1
  }
  for (const files of days) assert.ok(files > 800 && files < 1200, String(days))
})

test('a point may ask for another term, within what the vault allows', () => {
  assert.equal(termMs(policyOf(30, 90)), 30 * dayMs)
  assert.equal(termMs(policyOf(30, 90), 90), 90 * dayMs)
  for (const days of [0, 91, -1, Number.NaN]) assert.throws(() => termMs(policyOf(30, 90), days), { code: 'usage.invalid' })
})
