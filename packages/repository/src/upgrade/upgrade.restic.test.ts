import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ResticVault, SeededRandom, testSeed } from '@coffre/testkit'
import { addKey, changeKey, keysToJson, listKeys } from '../keys/keys.ts'
import { upgradeRepository } from './upgrade-repository.ts'

test('restic checks, reads and extends what Coffre upgraded', async () => {
  await using vault = await ResticVault.create({ version: 1 })
  mkdirSync(join(vault.source, 'folder'))
  writeFileSync(join(vault.source, 'folder/file'), new SeededRandom(testSeed('upgrade.restic')).bytes(2_000_000))
  await vault.restic(['backup', '.'])
  await upgradeRepository(await vault.open(), vault.signal)
  assert.equal((JSON.parse((await vault.restic(['cat', 'config'])).toString()) as { version: number }).version, 2)
  writeFileSync(join(vault.source, 'more'), 'more '.repeat(1000))
  await vault.restic(['backup', '.'])
  await vault.restic(['check', '--read-data'])
  await vault.restic(['restore', 'latest', '--target', vault.path('restored')])
  assert.deepEqual(readFileSync(vault.path('restored/folder/file')), readFileSync(join(vault.source, 'folder/file')))
})

test('restic opens with the keys that Coffre made, and lists them alike', async () => {
  await using vault = await ResticVault.create()
  const repository = await vault.open()
  await addKey(repository, Buffer.from('second'), {}, vault.signal)
  const keys = await listKeys(repository, (id) => assert.fail(id), vault.signal)
  const byId = (json: string): unknown => (JSON.parse(json) as { id: string }[]).sort((a, b) => (a.id < b.id ? -1 : 1))
  assert.deepEqual(byId(keysToJson(keys)), byId((await vault.restic(['key', 'list', '--json'])).toString()))
  await changeKey(repository, Buffer.from('third'), {}, vault.signal)
  for (const password of ['second', 'third']) await vault.restic(['snapshots'], { RESTIC_PASSWORD: password })
  await assert.rejects(vault.restic(['snapshots']))
})
