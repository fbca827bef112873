import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemContext } from '@coffre/foundation'
import { type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import { serve } from '../server/serve.ts'
import { serverSettings } from '../server/server-settings.ts'
import { startTestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'

let folder: TemporaryFolder
before(async () => {
  folder = await temporaryFolder()
})
after(() => folder[Symbol.asyncDispose]())

/** Runs `coffre catalogue …` as the command line does. */
async function catalogue(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const main = fileURLToPath(new URL('../catalogue-main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, ...args], { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: code as number, out, err }
}

test('a lost server is remade from a vault and its recovery key, starts, and gives its kit', async () => {
  const vault = join(folder.path, 'vault')
  const key = join(folder.path, 'key')
  const state = join(folder.path, 'state')
  {
    await using its = await startTestCatalogue()
    const worker = await TestWorker.start(its)
    const { recoveryKey } = await worker.vault('main', { location: vault })
    await writeFile(key, `${recoveryKey}\n`)
    await writeFile(join(folder.path, 'file'), 'content')
    await worker.source('docs', join(folder.path, 'file'))
    await worker.backup('docs', 'main')
  }
  const wrong = join(folder.path, 'wrong')
  await writeFile(wrong, 'AAAAA-BBBBB\n')
  const to = ['--state-folder', state]
  const before = (await readdir(join(vault, 'keys'))).length
  const refused = await catalogue('rebuild', '--vault', vault, '--recovery-key-file', wrong, ...to)
  assert.deepEqual([refused.code, refused.out], [12, ''])
  const nowhere = await catalogue('rebuild', '--vault', join(folder.path, 'nowhere'), '--recovery-key-file', key, ...to)
  assert.ok([10, 30].includes(nowhere.code), nowhere.err)
  assert.equal((await readdir(join(vault, 'keys'))).length, before)
  assert.deepEqual(await readdir(state), ['server.lock'])

  const rebuilt = await catalogue('rebuild', '--vault', vault, '--recovery-key-file', key, ...to)
  assert.equal(rebuilt.code, 0, rebuilt.err)
  assert.match(rebuilt.out, /vaults 1,.*\npoints 1,/)
  const again = await catalogue('rebuild', '--vault', vault, '--recovery-key-file', key, ...to)
  assert.equal(again.code, 116, again.err)
  assert.equal((await readdir(join(vault, 'keys'))).length, before + 1)

  const masterKey = (await readFile(join(state, 'master-key'), 'utf8')).trim()
  const stopped = await catalogue('kit', ...to)
  assert.ok(stopped.out.includes(masterKey) && stopped.out.includes(vault), stopped.err)
  const backedUpStopped = await catalogue('backup-now', ...to)
  assert.match(backedUpStopped.out, /vault vault: snapshot [0-9a-f]{64}/, backedUpStopped.err)
  const settings = serverSettings({ COFFRE_STATE: state, COFFRE_PORT: '0' }, false)
  await using server = await serve(settings, systemContext, () => undefined, new AbortController().signal)
  assert.ok(server.firstSignIn)
  const running = await catalogue('kit', ...to)
  assert.ok(running.out.includes(masterKey) && running.out.includes(vault), running.err)

  const backedUpRunning = await catalogue('backup-now', ...to)
  assert.match(backedUpRunning.out, /vault vault: snapshot [0-9a-f]{64}/, backedUpRunning.err)
  const kit = join(folder.path, 'kit')
  await writeFile(kit, running.out)
  const next = ['--kit', kit, '--state-folder', join(folder.path, 'next')]
  const restored = await catalogue('restore', '--vault', vault, '--recovery-key-file', key, ...next)
  assert.equal(restored.code, 0, restored.err)
  assert.match(restored.out, /people and secrets included/)
  assert.equal((await readFile(join(folder.path, 'next', 'master-key'), 'utf8')).trim(), masterKey)
})

test('what makes no sense is refused with what does', async () => {
  for (const args of [[], ['burn'], ['rebuild'], ['rebuild', '--what'], ['restore', '--vault', '/nowhere'], ['kit', 'more']]) {
    const { code, err } = await catalogue(...args, '--state-folder', join(folder.path, 'none'))
    assert.equal(code, 20, args.join(' '))
    assert.match(err, /coffre catalogue re(build|store)/)
  }
})
