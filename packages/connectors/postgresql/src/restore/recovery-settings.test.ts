import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'
import { removeRecoverySettings, setAutomatically, writeRecoverySettings } from './recovery-settings.ts'

async function settingsIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const lines = (await readFile(join(folder, 'postgresql.auto.conf'), 'utf8')).split('\n')
  const found = lines.flatMap((line) => [...line.matchAll(/^(\w+) = '(.*)'$/g)].map(([, name, value]) => [name, value]))
  return Object.fromEntries(found)
}

test('there is one target, whatever an earlier recovery of the source has left, and none after it', async () => {
  await using folder = await temporaryFolder()
  const left = "recovery_target_time = '2020-01-01'\nrestore_command = 'old'\n"
  await writeFile(join(folder.path, 'postgresql.auto.conf'), `work_mem = '8MB'\n${left}`)
  await writeFile(join(folder.path, 'postgresql.conf'), `port = 5433\n${left}`)
  const target = { kind: 'record', lsn: '0/16B3748', timeline: 26 } as const
  assert.deepEqual(await writeRecoverySettings(folder.path, target, true), ['postgresql.conf'])
  const { restore_command: command, ...others } = await settingsIn(folder.path)
  assert.deepEqual(others, {
    work_mem: '8MB',
    recovery_target_lsn: '0/16B3748',
    recovery_target_inclusive: 'on',
    recovery_target_timeline: '26',
    recovery_target_action: 'promote',
    allow_in_place_tablespaces: 'on',
  })
  assert.match(command ?? '', /pg_wal\/%f/)
  const settings = await readFile(join(folder.path, 'postgresql.conf'), 'utf8')
  assert.deepEqual(
    settings.split('\n').filter((line) => !line.startsWith('#') && line !== ''),
    ['port = 5433'],
  )
  await removeRecoverySettings(folder.path)
  assert.deepEqual(await settingsIn(folder.path), { work_mem: '8MB', allow_in_place_tablespaces: 'on' })
})

test('the end of the base is a target of its own', async () => {
  await using folder = await temporaryFolder()
  assert.deepEqual(await writeRecoverySettings(folder.path, { kind: 'base' }, false), [])
  const { recovery_target: target, recovery_target_lsn: lsn } = await settingsIn(folder.path)
  assert.deepEqual([target, lsn], ['immediate', undefined])
})

test('what is set takes the place of what was set, and quotes are kept', async () => {
  await using folder = await temporaryFolder()
  await setAutomatically(folder.path, { port: '1', primary_conninfo: "host='a b'" })
  await setAutomatically(folder.path, { port: '2' })
  const text = await readFile(join(folder.path, 'postgresql.auto.conf'), 'utf8')
  assert.equal(text, "primary_conninfo = 'host=''a b'''\nport = '2'\n")
})
