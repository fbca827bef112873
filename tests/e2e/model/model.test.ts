import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testSeed } from '@coffre/testkit'
import { BaseVault } from './base-vault.ts'
import { History, type HistoryOutcome, kindsOfHistory } from './history.ts'
import { sumOf } from './sum-of.ts'

/** So many fit into a minute. `npm run test:model` runs ten thousand. */
const historiesOfEachKind = 700

for (const [number, kind] of kindsOfHistory.entries()) {
  test(`whatever happens among ${kind}, no snapshot lacks anything at any moment`, async (t) => {
    const seed = testSeed(t.name)
    await using base = await BaseVault.create()
    const outcomes: HistoryOutcome[] = []
    for (let history = 0; history < historiesOfEachKind; history++) {
      outcomes.push(await new History(base, seed * kindsOfHistory.length + history * kindsOfHistory.length + number).run())
    }
    const sum = sumOf(outcomes)
    t.diagnostic(JSON.stringify(sum))
    // A model in which nothing is pruned, killed or paused would prove nothing.
    assert.ok(sum.commits > historiesOfEachKind && sum.removedPacks > 100 && sum.killed > 100 && sum.paused > 100)
  })
}
