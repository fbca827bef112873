import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CursorPart, pageOfRows, readCursor } from './page-cursor.ts'
import { RequestError } from './request-error.ts'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const keyOf = (row: { at: Date; id: string }) => [row.at, row.id]
const itemOf = (row: { id: string }) => row.id
const row = (second: number) => ({ at: new Date(second * 1000), id: id.replace(/..$/, String(second).padStart(2, '0')) })
const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('a page tells where the next one begins, and the last one does not', () => {
  const rows = [row(3), row(2), row(1)]
  const { items, next } = pageOfRows(rows, 2, { keyOf, itemOf })
  assert.deepEqual(items, [row(3).id, row(2).id])
  assert.deepEqual(readCursor(next, ['instant', 'id']), ['1970-01-01T00:00:02.000Z', row(2).id])
  assert.deepEqual(pageOfRows(rows, 3, { keyOf, itemOf }), { items: rows.map(itemOf) })
  assert.deepEqual(pageOfRows([], 3, { keyOf, itemOf }), { items: [] })
  assert.equal(readCursor(undefined, ['id']), undefined)
})

test('names of all kinds and numbers are keys, too', () => {
  const named = { keyOf: (name: string) => [name, 7], itemOf: (name: string) => name }
  const { next } = pageOfRows(['é"\\/+', 'x'], 1, named)
  assert.deepEqual(readCursor(next, ['text', 'number']), ['é"\\/+', '7'])
})

test('what is no cursor of the list is refused', () => {
  const parts: readonly CursorPart[] = ['instant', 'id']
  const wrong = [
    '',
    'x',
    '%',
    `${cursor(['2026-01-01T00:00:00.000Z', id])}=`,
    cursor({}),
    cursor('2026-01-01T00:00:00.000Z'),
    cursor(['2026-01-01T00:00:00.000Z']),
    cursor(['2026-01-01T00:00:00.000Z', id, id]),
    cursor(['2026-01-01T00:00:00.000Z', 1]),
    cursor(['2026-99-01T00:00:00.000Z', id]),
    cursor(['2026-01-01', id]),
    cursor(['2026-01-01T00:00:00.000Z', `${id}'`]),
    cursor([id, '2026-01-01T00:00:00.000Z']),
  ]
  for (const after of wrong) {
    assert.throws(
      () => readCursor(after, parts),
      (error) => error instanceof RequestError && error.issues?.[0]?.at === '/query/after',
      after,
    )
  }
  assert.throws(() => readCursor(cursor(['a\0']), ['text']), { code: 'request.invalid' })
  assert.throws(() => readCursor(cursor(['1e3']), ['number']), { code: 'request.invalid' })
})
