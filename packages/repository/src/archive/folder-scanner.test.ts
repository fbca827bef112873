import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SeededRandom, temporaryFolder, testSeed } from '@coffre/testkit'
import { FileSystemError } from '../local/file-system-error.ts'
import { openLocalFiles } from '../local/open-local-files.ts'
import type { ComputePool } from '../pipeline/compute-pool.ts'
import type { Job, ScanJob } from '../pipeline/jobs.ts'
import { scanFolders } from '../pipeline/scan.ts'
import { DirectFolderReader, type FolderReader, FolderScanner } from './folder-scanner.ts'

const signal = new AbortController().signal
const files = openLocalFiles()

/** A pool that answers scans late and in any order, with small budgets so that much is left for further jobs. */
function shufflingPool(random: SeededRandom, entriesMax: number): { readonly pool: ComputePool; readonly jobs: string[] } {
  const jobs: string[] = []
  const waiting: (() => void)[] = []
  const answerOne = (): void => {
    waiting.splice(random.integer(Math.max(1, waiting.length)), 1)[0]?.()
  }
  const runAtOnce = async (job: Job): Promise<unknown> => {
    assert.equal(job.kind, 'scan')
    jobs.push((job as ScanJob).path)
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      setImmediate(answerOne)
    })
    return scanFolders({ ...(job as ScanJob), entriesMax }, files)
  }
  return { pool: { runAtOnce } as unknown as ComputePool, jobs }
}

function makeTree(folder: string, random: SeededRandom, depth: number): void {
  for (let i = 0; i < 1 + random.integer(4); i++) writeFileSync(join(folder, `file${i}`), 'x')
  symlinkSync('file0', join(folder, 'link'))
  if (depth === 0) return
  for (const name of ['a', 'a b', 'a.b', 'a0', 'é', '\u{1f600}'].slice(0, 1 + random.integer(6))) {
    mkdirSync(join(folder, name))
    makeTree(join(folder, name), random, depth - 1)
  }
}

async function walk(reader: FolderReader, path: string, seen: string[] = []): Promise<string[]> {
  const entries = await reader.folder(path)
  assert.ok(!(entries instanceof FileSystemError))
  for (const { name, status, linkTarget } of entries) {
    seen.push(`${path}/${name} ${status?.type} ${status?.inode} ${linkTarget ?? ''}`)
    if (status?.type === 'dir') await walk(reader, `${path}/${name}`, seen)
  }
  return seen
}

for (const entriesMax of [0, 3, 1000]) {
  test(`a walk sees every entry in order, whatever the order of the answers (${entriesMax} entries a job)`, async (t) => {
    const random = new SeededRandom(testSeed(t.name))
    await using folder = await temporaryFolder()
    makeTree(folder.path, random, 3)
    const { pool, jobs } = shufflingPool(random, entriesMax)
    const expected = await walk(new DirectFolderReader(files, () => true), folder.path)
    assert.deepEqual(await walk(new FolderScanner(pool, signal), folder.path), expected)
    assert.equal(new Set(jobs).size, jobs.length, 'no folder is looked at twice')
  })
}

test('a folder that cannot be read is an error of its own, and the walk around it goes on', async () => {
  await using folder = await temporaryFolder()
  const scanner = new FolderScanner(shufflingPool(new SeededRandom(1), 10).pool, signal)
  const missing = await scanner.folder(join(folder.path, 'missing'))
  assert.ok(missing instanceof FileSystemError && missing.errno === 'ENOENT')
  assert.deepEqual(await scanner.folder(folder.path), [])
})

test('a direct reader does not touch what the filter refuses', async () => {
  await using folder = await temporaryFolder()
  writeFileSync(join(folder.path, 'kept'), '')
  writeFileSync(join(folder.path, 'left-out'), '')
  const touched: string[] = []
  const watching = watchStatus(files, touched)
  const entries = await new DirectFolderReader(watching, (path) => !path.endsWith('left-out')).folder(folder.path)
  assert.ok(!(entries instanceof FileSystemError))
  assert.deepEqual(
    entries.map((entry) => entry.name),
    ['kept'],
  )
  assert.deepEqual(touched, [join(folder.path, 'kept')])
})

test('a failed job ends the walk with its error', async () => {
  const pool = { runAtOnce: () => Promise.reject(new Error('the worker died')) } as unknown as ComputePool
  await assert.rejects(new FolderScanner(pool, signal).folder('/anything'), /the worker died/)
})

function watchStatus(target: typeof files, touched: string[]): typeof files {
  return new Proxy(target, {
    get(_, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (key === 'status') touched.push(String(args[0]))
        return Reflect.apply(value, target, args)
      }
    },
  })
}
