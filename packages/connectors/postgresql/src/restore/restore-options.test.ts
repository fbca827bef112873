import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { parseRestoreOptions } from './restore-options.ts'

test('options are read, and there need be none', () => {
  assert.deepEqual(parseRestoreOptions(undefined), { tablespaces: {}, assertions: [] })
  assert.deepEqual(parseRestoreOptions({ start: true, port: 5499, account: 'postgres', assertions: [{ sql: 'select true' }] }), {
    start: { port: 5499, asProduction: false },
    account: 'postgres',
    tablespaces: {},
    assertions: [{ database: 'postgres', sql: 'select true' }],
  })
  assert.equal(parseRestoreOptions({ port: 5499 }).start, undefined)
})

for (const [options, field] of [
  [{ start: 'yes' }, 'start'],
  [{ start: true }, 'port'],
  [{ start: true, port: 70_000 }, 'port'],
  [{ start: true, port: 5499, asProduction: 1 }, 'asProduction'],
  [{ account: 'a b' }, 'account'],
  [{ tablespaces: { 16385: 'relative' } }, 'tablespaces'],
  [{ tablespaces: { 1: '/same', 2: '/same' } }, 'tablespaces'],
  [{ tablespaces: [] }, 'tablespaces'],
  [{ assertions: 'select true' }, 'assertions'],
  [{ assertions: [{ database: 'x' }] }, 'assertions'],
  [{ other: 1 }, 'other'],
  ['text', 'options'],
] as const) {
  test(`${JSON.stringify(options)} is refused for ${field}`, () => {
    assert.throws(
      () => parseRestoreOptions(options),
      (error) => isCoffreError(error, 'source.config-invalid') && error.message.startsWith(field),
    )
  })
}
