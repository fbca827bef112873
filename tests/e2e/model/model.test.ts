import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testSeed } from '@coffre/testkit'
import { BaseVault } from './base-vault.ts'
import { History, type HistoryOutcome, kindsOfHistory } from './history.ts'
import { sumOf } from './sum-of.ts'

/** Two thousand in all fit into a minute; those in three steps take longest. `npm run test:model` runs ten thousand. */
const historiesOf: Readonly<Record<string, number>> = { exclusive: 800, hasty: 900, phased: 300 }

for (const [number, kind] of kindsOfHistory.entries()) {
  test(`whatever happens among ${kind}, no snapshot lacks anything at any moment`, async (t) => {
    const seed = testSeed(t.name)
    await using base = await BaseVault.create()
    const outcomes: HistoryOutcome[] = []
    const histories = historiesOf[kind] ?? 0
    for (let history = 0; history < histories; history++) {
      outcomes.push(await new History(base, seed * kindsOfHistory.length + history * kindsOfHistory.length + number).run())
    }
    const sum = sumOf(outcomes)
    t.diagnostic(JSON.stringify(sum))
    // A model in which nothing is pruned, killed or paused would prove nothing.
    assert.ok(sum.commits > histories && sum.removedPacks > 100 && sum.killed > 50 && sum.paused > 50)
  })
}
