import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { findEngineBinaries } from './engine-binaries.ts'

const noSignal = new AbortController().signal

/** A folder of programs that say of themselves that they are of a version. */
async function programs(folder: string, version: string, names = ['postgres', 'pg_ctl']): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const name of names) {
    await writeFile(join(folder, name), `#!/bin/sh\necho "${name} (PostgreSQL) ${version}"\n`)
    await chmod(join(folder, name), 0o755)
  }
  return folder
}

test('the programs of the major version are found where the settings say, and on the PATH', async () => {
  await using folder = await temporaryFolder()
  const [a, b, c] = [
    await programs(join(folder.path, 'a'), '94.1'),
    await programs(join(folder.path, 'b'), '95.2'),
    join(folder.path, 'c'),
  ]
  await programs(join(c, 'bin'), '95.3')
  const searchPath = `${a}:${b}`
  assert.deepEqual(await findEngineBinaries(95, { searchPath }, noSignal), { folder: b, version: '95.2' })
  const named = { searchPath, engineFolders: { 95: c } }
  assert.deepEqual(await findEngineBinaries(95, named, noSignal), { folder: join(c, 'bin'), version: '95.3' })
})

test('where they are not, or not all, or of another version, it says what to install', async () => {
  await using folder = await temporaryFolder()
  const half = await programs(join(folder.path, 'half'), '95.2', ['postgres'])
  const other = await programs(join(folder.path, 'other'), '96.1')
  for (const settings of [{}, { searchPath: `${half}:${other}` }, { engineFolders: { 95: other } }]) {
    const error: unknown = await findEngineBinaries(95, settings, noSignal).catch((reason: unknown) => reason)
    assert.ok(isCoffreError(error, 'engine.missing'))
    assert.match(error.hint ?? '', /postgresql-95.*COFFRE_POSTGRESQL_95/)
  }
})
