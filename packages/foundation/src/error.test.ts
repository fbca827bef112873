import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCatalogue } from './error.ts'

/** What restic's exit codes mean is shared by several errors. */
const shared = [1, 3]

test('every error of Coffre has an exit code of its own', () => {
  const codes = Object.entries(errorCatalogue).filter(([, { exit }]) => !shared.includes(exit))
  const byExit = Map.groupBy(codes, ([, { exit }]) => exit)
  const doubled = [...byExit.values()].filter((entries) => entries.length > 1).map((entries) => entries.map(([code]) => code))
  assert.deepEqual(doubled, [])
  for (const [code, { exit }] of codes) assert.ok(exit > 0 && exit < 256, `${code} ends with ${exit}`)
})
