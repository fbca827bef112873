import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoffreError } from '@coffre/foundation'
import { FakeClock, fakeContext } from '@coffre/testkit'
import { defaultRetryPolicy, retry } from './retry.ts'

test('each pause is told before it begins, with the error and its length', async () => {
  const context = { ...fakeContext(), clock: new FakeClock({ automatic: true }) }
  const told: [string, number][] = []
  const policy = { ...defaultRetryPolicy, onRetry: (error: CoffreError, pauseMs: number) => told.push([error.message, pauseMs]) }
  let attempts = 0
  const result = await retry(context, policy, new AbortController().signal, async () => {
    if (++attempts < 4) throw new CoffreError('storage.unavailable', `failure ${attempts}`)
    return 'stored'
  })
  assert.equal(result, 'stored')
  assert.deepEqual(
    told.map(([message]) => message),
    ['failure 1', 'failure 2', 'failure 3'],
  )
  for (const [at, [, pauseMs]] of told.entries()) assert.ok(pauseMs >= 125 * 2 ** at && pauseMs <= 250 * 2 ** at, `${pauseMs} ms`)
})
