import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { filesConnector } from './connector.ts'

const signal = new AbortController().signal

test('a configuration is read with its defaults, paths plain and none inside another', () => {
  assert.deepEqual(filesConnector.parseConfig({ paths: ['/srv/b/', '/srv/a/../a', '/srv/a/inner', '/srv/ab'] }), {
    paths: ['/srv/a', '/srv/ab', '/srv/b'],
    excludes: [],
    excludesCaches: false,
    staysOnFileSystem: false,
  })
  assert.deepEqual(filesConnector.parseConfig({ paths: ['/', '/srv'] }).paths, ['/'])
})

const wrong: readonly (readonly [config: unknown, message: RegExp])[] = [
  [undefined, /not an object/],
  [[], /not an object/],
  [{}, /paths names no folder/],
  [{ paths: [] }, /paths names no folder/],
  [{ paths: '/srv' }, /paths is not a list/],
  [{ paths: [''] }, /paths is not a list/],
  [{ paths: ['srv'] }, /srv, which is not absolute/],
  [{ paths: ['/srv\0'] }, /paths is not a list/],
  [{ paths: ['/srv'], excludes: [1] }, /excludes is not a list/],
  [{ paths: ['/srv'], excludeLargerThanBytes: -1 }, /excludeLargerThanBytes/],
  [{ paths: ['/srv'], excludesCaches: 'yes' }, /excludesCaches/],
  [{ paths: ['/srv'], exclude: [] }, /exclude is not known/],
]

for (const [config, message] of wrong) {
  test(`refused: ${JSON.stringify(config)}`, () => {
    assert.throws(
      () => filesConnector.parseConfig(config),
      (error: Error & { code?: string }) => error.code === 'source.config-invalid' && message.test(error.message),
    )
  })
}

test('the same tree has the same identity, however it was written', () => {
  const identify = (config: unknown): string => filesConnector.identify(filesConnector.parseConfig(config))
  assert.equal(
    identify({ paths: ['/a', '/b'], excludes: ['x', 'y'] }),
    identify({ paths: ['/b/', '/a', '/a/c'], excludes: ['y', 'x'] }),
  )
  assert.notEqual(identify({ paths: ['/a'] }), identify({ paths: ['/b'] }))
})

test('check names what is missing and says nothing of what is well; the selection says what the configuration says', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-files-'))
  t.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'inner'))
  await writeFile(join(folder, 'file'), '')
  await chmod(join(folder, 'file'), 0o600)
  const config = filesConnector.parseConfig({
    paths: [join(folder, 'inner'), join(folder, 'file'), join(folder, 'none')],
    excludes: ['*.tmp'],
    excludeLargerThanBytes: 10,
  })
  const findings = await filesConnector.check(config, systemContext, signal)
  assert.deepEqual(
    findings.map(({ severity, code }) => [severity, code]),
    [['error', 'files.missing']],
  )
  assert.match(findings[0]?.message ?? '', /none is not there/)
  assert.deepEqual(filesConnector.select(config), {
    roots: config.paths,
    excludes: ['*.tmp'],
    excludeLargerThanBytes: 10,
    excludesCaches: false,
    staysOnFileSystem: false,
  })
})
