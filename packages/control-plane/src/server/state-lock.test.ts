import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { StateLock } from './state-lock.ts'

test('a second server is refused by name of the first, until that one ends or is killed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-state-lock-'))
  t.after(() => rm(folder, { recursive: true }))
  const script = `
    const { StateLock } = await import(${JSON.stringify(new URL('./state-lock.ts', import.meta.url).href)})
    const lock = await StateLock.take(${JSON.stringify(folder)})
    console.log('held')
    setInterval(() => lock, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  await assert.rejects(StateLock.take(folder), (error: Error) => {
    assert.match(error.message, new RegExp(`process ${holder.pid} is already`))
    return 'code' in error && error.code === 'server.running'
  })
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const own = await StateLock.take(folder)
  await assert.rejects(StateLock.take(folder), { code: 'server.running' })
  await own[Symbol.asyncDispose]()
  await (await StateLock.take(folder))[Symbol.asyncDispose]()
})
