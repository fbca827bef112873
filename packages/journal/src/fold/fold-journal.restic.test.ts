import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ResticVault } from '@coffre/testkit'
import { JournalVault, segmentBytes } from '../testing/journal-vault.ts'
import { at } from '../testing/segment-format.ts'

const startMs = Date.UTC(2026, 10, 21, 22, 30)

test('stock restic checks a vault with a journal, and restores folded log as the engine knows it', async () => {
  await using restic = await ResticVault.create()
  const vault = new JournalVault(await restic.open(), startMs)
  const { stream } = vault
  await using journal = await vault.begin()
  for (let step = 0; step < 4; step++) {
    await vault.seal(journal, stream.write(1100))
    await vault.retire(await vault.fold({ tags: ['coffre:source=shop'] }))
    stream.nowMs += 3_600_000
  }
  await restic.restic(['check', '--read-data'])
  const days: Record<string, string> = {}
  for (const line of await restic.resticLines([
    'snapshots',
    '--path',
    '/shop/log',
    '--tag',
    'coffre:kind=log,coffre:source=shop',
  ])) {
    for (const { short_id: id, tags } of JSON.parse(line) as { short_id: string; tags: string[] }[]) {
      days[tags.find((tag) => tag.startsWith('coffre:day='))?.slice(11) ?? ''] = id
    }
  }
  assert.deepEqual(Object.keys(days).sort(), ['2026-11-21', '2026-11-22'])
  const files = {
    '2026-11-21': ['22/1-000000', '22/1-000001', '23/1-000001', '23/1-000002'],
    '2026-11-22': ['00/1-000002', '00/1-000003', '01/1-000003', '01/1-000004'],
  } as const
  for (const [day, names] of Object.entries(files)) {
    await restic.restic(['restore', days[day] ?? '', '--target', restic.path(day)])
    const document = JSON.parse(await readFile(`${restic.path(day)}/coffre.json`, 'utf8'))
    assert.deepEqual([document.engine, document.day, document.stream], ['segments', day, 'shop'])
    for (const name of names) {
      const segment = Number(name.slice(-6))
      const content = await readFile(`${restic.path(day)}/${name}`).catch(() => undefined)
      if (content === undefined) continue
      const log = stream.log(at('1', segment * segmentBytes), at('1', Math.min(4400, (segment + 1) * segmentBytes)))
      assert.equal(content.length, segmentBytes)
      assert.ok(content.subarray(0, log.length).equals(log), name)
      assert.ok(content.subarray(log.length).every((byte) => byte === 0))
    }
  }
})
