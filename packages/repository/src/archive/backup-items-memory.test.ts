import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { LocalBackend } from '@coffre/storage'
import { fixtureContext, temporaryFolder } from '@coffre/testkit'
import { loadIndex } from '../repository/load-index.ts'
import { initRepository } from '../repository/open-repository.ts'
import { contentCutOf } from '../state/format-marker.ts'
import type { ArchiveItem } from './archive-item.ts'
import { backupDefaults } from './backup-defaults.ts'
import { backupItems } from './backup-items.ts'

const mebibyte = 1024 * 1024
/** Node itself with its threads takes some 90 MB, packs under way 60, buffers 25; small items leave garbage on the heap besides. */
const residentMegabytesMax = { one: 250, many: 320 }
/** As the launcher starts Coffre. */
const flags = ['--max-semi-space-size=8', '--heap-growing-percent=100']

/** As the server starts its workers: without it, the C library holds on to what is given back. */
const env = { ...process.env, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' }

const [, , role, kind] = process.argv
if (role === 'stores') await storeInChild(kind === 'one' ? oneLong() : manySmall())
else if (role === 'repeats') await repeatInChild()
else {
  test('backups that follow each other leave no memory behind, though each has threads of its own', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', ...flags, import.meta.filename, 'repeats'], {
      env,
    })
    const grownMegabytes = Number(stdout)
    // What 160 threads hold outside of V8 would show.
    assert.ok(grownMegabytes < 15, `${grownMegabytes} MB more after eighty backups more`)
  })

  for (const kind of ['one', 'many'] as const) {
    test(`300 MB in ${kind === 'one' ? 'one content' : 'small contents'} are stored in bounded memory`, async () => {
      const args = [...flags, import.meta.filename, 'stores', kind]
      const { stdout } = await promisify(execFile)(process.execPath, args, { env })
      const { bytes, residentMegabytes } = JSON.parse(stdout)
      assert.ok(bytes >= 300_000_000, `${bytes} bytes were stored`)
      assert.ok(residentMegabytes < residentMegabytesMax[kind], `${residentMegabytes} MB of memory`)
    })
  }
}

/** Content that is never the same and that the disk need not hold: each page is told by its number. */
async function* pages(from: number, sizeBytes: number, chunk: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < sizeBytes; at += chunk.length) {
    for (let page = 0; page < chunk.length; page += 4096) chunk.fill(`${from} ${at + page} `, page, page + 4096)
    yield chunk.subarray(0, Math.min(chunk.length, sizeBytes - at))
  }
}

async function* oneLong(): AsyncGenerator<ArchiveItem> {
  const metadata = { mode: 0o600, modifiedMs: 0 }
  yield { kind: 'file', path: 'long', metadata, cut: 'content', content: pages(0, 290 * mebibyte, Buffer.alloc(65_536)) }
}

async function* manySmall(): AsyncGenerator<ArchiveItem> {
  const metadata = { mode: 0o600, modifiedMs: 0 }
  const chunk = Buffer.alloc(8192)
  for (let folder = 0; folder < 100; folder++) {
    yield { kind: 'folder', path: `${folder}`, metadata: { mode: 0o700, modifiedMs: 0 } }
    for (let number = 0; number < 500; number++) {
      const content = pages(folder * 500 + number, 6144, chunk)
      yield { kind: 'file', path: `${folder}/${number}`, metadata, cut: 'content', content }
    }
  }
}

async function repeatInChild(): Promise<void> {
  const { signal } = new AbortController()
  await using folder = await temporaryFolder()
  const context = fixtureContext({ workers: 2 })
  const repository = await initRepository(new LocalBackend(folder.path, context), context, { password: Buffer.from('x') }, signal)
  const contentCut = await contentCutOf(repository, signal)
  const options = { ...backupDefaults(context), contentCut, paths: ['/x'] }
  const repeat = async (times: number) => {
    for (let n = 0; n < times; n++) {
      const content = pages(n, mebibyte, Buffer.alloc(65_536))
      const item: ArchiveItem = { kind: 'file', path: 'x', metadata: { mode: 0o600, modifiedMs: 0 }, cut: 'content', content }
      await backupItems(repository, await loadIndex(repository, {}, signal), justOne(item), options, signal)
    }
    globalThis.gc?.()
    return process.memoryUsage.rss() / 1e6
  }
  const before = await repeat(20)
  process.stdout.write(String((await repeat(80)) - before))
}

async function* justOne(item: ArchiveItem): AsyncGenerator<ArchiveItem> {
  yield item
}

async function storeInChild(items: AsyncIterable<ArchiveItem>): Promise<void> {
  const { signal } = new AbortController()
  await using folder = await temporaryFolder()
  const context = fixtureContext({ workers: 2 })
  const repository = await initRepository(new LocalBackend(folder.path, context), context, { password: Buffer.from('x') }, signal)
  const contentCut = await contentCutOf(repository, signal)
  const options = { ...backupDefaults(context), contentCut, paths: ['/x'] }
  const { counts } = await backupItems(repository, await loadIndex(repository, {}, signal), items, options, signal)
  const residentMegabytes = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6)
  process.stdout.write(JSON.stringify({ bytes: counts.totalBytesProcessed, residentMegabytes }))
}
