import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { compareVersions, type Tool } from './tool.ts'
import { type ToolCache, toolCacheIn } from './tool-cache.ts'

const tool: Tool = {
  name: 'probe',
  version: '1.2.3',
  variable: 'COFFRE_PROBE',
  neededBy: 'tests',
  source: { kind: 'debian', packages: ['probe'] },
  oldestAccepted: '1.0.0',
  versionArgs: [],
  versionPattern: /(.*)/,
}

async function withCache(use: (cache: ToolCache) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-tools-'))
  try {
    await use(toolCacheIn(folder))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('what was added is found, and no longer once a byte of it has changed', () =>
  withCache(async (cache) => {
    assert.equal(await cache.find(tool), undefined)
    const path = await cache.add(tool, (target) => writeFile(target, 'program'))
    assert.equal(await cache.find(tool), path)
    await writeFile(path, 'Program')
    assert.equal(await cache.find(tool), undefined)
    assert.equal(await cache.add(tool, (target) => writeFile(target, 'again')), path)
    assert.equal(await cache.find(tool), path)
  }))

test('of a tool with many files, each is watched', () =>
  withCache(async (cache) => {
    const suite: Tool = { ...tool, program: 'bin/probe' }
    const library = 'lib/deep/probe.so'
    const path = await cache.add(suite, async (target, folder) => {
      for (const file of [target, join(folder, library)]) {
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, 'program')
      }
    })
    assert.equal(path, join(cache.folder, `probe-1.2.3-${process.platform}-${process.arch}`, 'bin/probe'))
    assert.equal(await readFile(join(cache.folder, 'probe'), 'utf8'), 'program')
    assert.equal(await cache.find(suite), path)
    await writeFile(join(dirname(dirname(path)), library), 'Program')
    assert.equal(await cache.find(suite), undefined)
  }))

test('a build that fails leaves nothing', () =>
  withCache(async (cache) => {
    await assert.rejects(
      cache.add(tool, () => Promise.reject(new Error('no compiler'))),
      /no compiler/,
    )
    assert.deepEqual(await readdir(cache.folder), [])
  }))

test('what a killed build left is removed, what a running one has is not', () =>
  withCache(async (cache) => {
    // Process ids end below this on Linux and macOS.
    await mkdir(join(cache.folder, '.building-2147483646-00000000'))
    await mkdir(join(cache.folder, `.building-${process.pid}-00000000`))
    await cache.add(tool, (target) => writeFile(target, 'program'))
    const left = (await readdir(cache.folder)).filter((name) => name.startsWith('.building-'))
    assert.deepEqual(left, [`.building-${process.pid}-00000000`])
  }))

test('of two builds at once, both end with the program in place', () =>
  withCache(async (cache) => {
    const build = (target: string) => writeFile(target, 'program')
    const paths = await Promise.all([cache.add(tool, build), cache.add(tool, build)])
    assert.deepEqual(paths, [await cache.find(tool), await cache.find(tool)])
  }))

test('versions are compared by number', () => {
  assert.ok(compareVersions('0.18.1', '0.9.9') > 0)
  assert.ok(compareVersions('0.16.4', '0.17.0') < 0)
  assert.equal(compareVersions('1.0', '1.0.0'), 0)
})
