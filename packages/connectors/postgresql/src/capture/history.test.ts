import assert from 'node:assert/strict'
import { test } from 'node:test'
import { walPosition } from '../wal/lsn.ts'
import { historyOf } from './history.ts'

const [one, two, three] = [1, 2, 3].map((timeline) => walPosition(timeline, 0).branch) as [string, string, string]
const branches = [
  { id: one },
  { id: two, parent: { id: one, forkOffset: walPosition(1, 0x3000060).offset } },
  { id: three, parent: { id: two, forkOffset: walPosition(2, 0x1_0500_0028).offset } },
]

for (const [what, id, known, expected] of [
  ['the first timeline has none', one, branches, undefined],
  ['the parents are named with where they were left', three, branches, /^1\t0\/3000060\t.+\n2\t1\/5000028\t.+\n$/],
  ["the server's own counts", two, [branches[0], { ...branches[1], document: '1\t0/3000060\tits own\n' }], /its own/],
] as const) {
  test(`the history of a timeline: ${what}`, () => {
    const history = historyOf(id, known.filter((branch) => branch !== undefined) as typeof branches)
    if (expected === undefined) assert.equal(history, undefined)
    else assert.match(history ?? '', expected)
  })
}
