import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixturePassword, ResticVault, SeededRandom, testSeed } from '@coffre/testkit'
import { loadIndex } from '../repository/load-index.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { copySnapshots } from './copy-snapshots.ts'

for (const version of [1, 2] as const) {
  for (const workers of [0, 2]) {
    test(`what Coffre copies from format ${version} with ${workers} threads, restic checks, restores and knows as copied`, async () => {
      const random = new SeededRandom(testSeed('copy.restic'))
      await using from = await ResticVault.create({ version })
      await using to = await ResticVault.create({ seed: 2, workers })
      mkdirSync(join(from.source, 'sub'))
      writeFileSync(join(from.source, 'sub/noise'), random.bytes(20_000_000))
      writeFileSync(join(from.source, 'text'), 'text '.repeat(1_000_000))
      await from.restic(['backup', '.', '--tag', 'a,b'])
      writeFileSync(join(from.source, 'sub/more'), random.bytes(3_000_000))
      await from.restic(['backup', '.', '--exclude', 'text'])
      const [source, target] = [await from.open(), await to.open()]
      const sides = [
        { repository: source, index: await loadIndex(source, {}, from.signal) },
        { repository: target, index: await loadIndex(target, { trustOnlyListedPacks: true }, to.signal) },
      ] as const
      const snapshots = await listSnapshots(source, from.signal)
      const counts = await copySnapshots(...sides, snapshots, { compression: 'auto', verification: 'all' }, to.signal)
      assert.equal(counts.snapshotsCopied, 2)
      await to.restic(['check', '--read-data'])
      await to.restic(['restore', 'latest', '--target', to.path('restored')])
      execFileSync('cmp', [join(from.source, 'sub/noise'), to.path('restored/sub/noise')])
      const again = await to.restic(['copy', '--verbose'], {
        RESTIC_FROM_REPOSITORY: from.location,
        RESTIC_FROM_PASSWORD: fixturePassword,
      })
      assert.equal(again.toString().match(/was already copied/g)?.length, 2)
    })
  }
}
