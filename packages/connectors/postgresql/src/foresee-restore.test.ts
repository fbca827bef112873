import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ForeseenRequest, PointManifest } from '@coffre/connector'
import { freePort, temporaryFolder } from '@coffre/testkit'
import { foreseeRestore } from './foresee-restore.ts'

const noSignal = new AbortController().signal
const position = { branch: '00000001', offset: '0000000001000000' }
const details = { major: 16, systemId: '1', segmentBytes: 2 ** 20, hasChecksums: true, databases: [{ name: 'shop' }], outside: [] }
const base: PointManifest = {
  engine: 'postgresql',
  engineVersion: '16.4',
  layout: 1,
  consistentAt: '2026-11-21T12:00:00.000Z',
  begin: position,
  end: position,
  counts: { bytes: 1000 },
  details: { ...details, tablespaces: [{ oid: '16400', location: '/space' }] },
}
const huge = { ...base, counts: { bytes: 2 ** 60 } }
const missing = { engineFolders: { 16: '/nonexistent' }, searchPath: '' }

function foresee(path: string, more: Partial<ForeseenRequest> = {}, manifest = base, settings = {}) {
  const target = { kind: 'folder', path } as const
  return foreseeRestore(manifest, { target, overwrite: false, ...more }, { ...settings, engineAccount: 'nobody' }, noSignal)
}

test('all that stands in the way of a restore to a folder is told at once, and nothing is made', async () => {
  await using folder = await temporaryFolder()
  const [filled, absent] = [join(folder.path, 'filled'), join(folder.path, 'absent')]
  await mkdir(filled)
  await writeFile(join(filled, 'mine'), 'x')
  await using listener = createServer()
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const { port } = listener.address() as AddressInfo
  const start = { start: true, port }
  const cases: readonly (readonly [what: Promise<{ readonly obstacles: readonly Error[] }>, says: readonly RegExp[]])[] = [
    [foresee(absent), []],
    [foresee(filled), [/something in .*filled already/]],
    [foresee(filled, { overwrite: true }), []],
    [foresee(absent, {}, huge), [/needs \d+ MiB, and .*absent has room for \d+ MiB/]],
    [foresee(absent, { options: { tablespaces: { 16400: filled } } }), [/filled already, where a tablespace/]],
    [foresee(absent, { options: start }, base, await engineIn(folder.path)), [new RegExp(`port ${port} of 127.0.0.1`)]],
    [foresee(filled, { options: start }, base, missing), [/filled already/, /PostgreSQL 16 is not in \/nonexistent/, /port/]],
  ]
  for (const [what, says] of cases) {
    const told = (await what).obstacles.map(({ message }) => message)
    assert.equal(told.length, says.length, told.join('\n'))
    for (const [at, said] of says.entries()) assert.match(told[at] ?? '', said)
  }
  await assert.rejects(foresee(absent, { parts: ['orders'] }), { code: 'usage.invalid' })
  await assert.rejects(foresee(absent, { options: { port: 'x' } }), { code: 'source.config-invalid' })
  await assert.rejects(mkdir(filled), { code: 'EEXIST' })
  await mkdir(absent)
})

/** Programs that only tell their version. */
async function engineIn(folder: string) {
  for (const program of ['postgres', 'pg_ctl']) {
    await writeFile(join(folder, program), '#!/bin/sh\necho "postgres (PostgreSQL) 16.4"\n')
    await chmod(join(folder, program), 0o755)
  }
  return { engineFolders: { 16: folder } }
}

test('the version of the engine that is needed is told, and that which is there', async () => {
  await using folder = await temporaryFolder()
  const found = await engineIn(folder.path)
  const target = join(folder.path, 'target')
  const options = { start: true, port: await freePort() }
  const there = await foresee(target, { options }, base, found)
  assert.deepEqual(there, { obstacles: [], engine: { name: 'PostgreSQL 16', version: '16.4' } })
  const { obstacles, engine } = await foresee(target, { options }, base, missing)
  assert.deepEqual([obstacles.map(({ code }) => code), engine], [['engine.missing'], { name: 'PostgreSQL 16' }])
  assert.equal((await foresee(target)).engine, undefined)
})
