import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import { FakeClock } from '@coffre/testkit'
import { RateLimits } from './rate-limits.ts'
import { TokenBuckets } from './token-buckets.ts'

test('a burst is let through, then as many as the rate says, each key for itself', () => {
  const clock = new FakeClock()
  const buckets = new TokenBuckets({ perSecond: 2, burst: 3 }, clock)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => buckets.take('a')),
    [0, 0, 0, 500],
  )
  assert.equal(buckets.take('b'), 0)
  clock.advance(250)
  assert.equal(buckets.take('a'), 250)
  clock.advance(250)
  assert.equal(buckets.take('a'), 0)
  clock.advance(3600_000)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => buckets.take('a')),
    [0, 0, 0, 500],
  )
})

test('what was charged afterwards is waited for', () => {
  const clock = new FakeClock()
  const buckets = new TokenBuckets({ perSecond: 1, burst: 5 }, clock)
  buckets.charge('a', 10)
  assert.equal(buckets.take('a'), 6000)
})

test('memory stays bounded: who was not seen for longest is forgotten', () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 1 }, new FakeClock())
  assert.equal(buckets.take('first'), 0)
  for (let i = 0; i < 19_999; i++) buckets.take(`k${i}`)
  assert.equal(buckets.take('first'), 1000)
  for (let i = 0; i < 20_000; i++) buckets.take(`l${i}`)
  assert.equal(buckets.take('first'), 0)
})

test('addresses of one network of IPv6 are one; those of IPv4 are each their own', () => {
  const sizes = { address: { perSecond: 1, burst: 1 }, principal: { perSecond: 1, burst: 1 } }
  const cases: readonly [string, string, boolean][] = [
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::2', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['192.0.2.1', '192.0.2.2', false],
  ]
  for (const [first, second, isSame] of cases) {
    const limits = new RateLimits(sizes, new FakeClock())
    limits.takeAddress(first)
    let refusal: unknown
    try {
      limits.takeAddress(second)
    } catch (error) {
      refusal = error
    }
    assert.equal(isCoffreError(refusal, 'request.rate'), isSame, `${first} and ${second}`)
    assert.ok(refusal === undefined || refusal instanceof CoffreError)
  }
})
