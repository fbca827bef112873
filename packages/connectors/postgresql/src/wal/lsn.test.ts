import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareOffsets } from '@coffre/connector'
import { formatLsn, parseLsn, walPlace, walPosition } from './lsn.ts'

const places = [
  { text: '0/0', lsn: 0, offset: '0000000000000000' },
  { text: '0/16B3748', lsn: 0x16b3748, offset: '00000000016B3748' },
  { text: '0/FFFFFFFF', lsn: 0xffff_ffff, offset: '00000000FFFFFFFF' },
  { text: '1/0', lsn: 2 ** 32, offset: '0000000100000000' },
  { text: '1FFFFF/FFFFFFFF', lsn: Number.MAX_SAFE_INTEGER, offset: '001FFFFFFFFFFFFF' },
]

for (const { text, lsn, offset } of places) {
  test(`${text} is written and read again`, () => {
    assert.equal(parseLsn(text), lsn)
    assert.equal(formatLsn(lsn), text)
    assert.deepEqual(walPosition(0x1a, lsn), { branch: '0000001A', offset })
    assert.deepEqual(walPlace({ branch: '0000001A', offset }), { timeline: 26, lsn })
  })
}

test('the string order of positions is the order of the log', () => {
  const positions = places.map(({ lsn }) => walPosition(1, lsn))
  assert.deepEqual(positions.toReversed().sort(compareOffsets), positions)
})

for (const text of ['', '0', '0/', '/0', '0/1G', '0/123456789', '123456789/0', '0/0 ', '-1/0', '200000/0']) {
  test(`'${text}' is refused as a position`, () => {
    assert.throws(() => parseLsn(text), { code: 'usage.invalid' })
  })
}

for (const position of [
  { branch: '1', offset: '0000000000000000' },
  { branch: '00000001', offset: '0/0' },
]) {
  test(`${position.branch}@${position.offset} is no place in WAL`, () => {
    assert.throws(() => walPlace(position), /no place in WAL/)
  })
}
