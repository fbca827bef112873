import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { hourMs, systemContext } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { makeScratchFolder } from './scratch-folder.ts'

test('what a process that is no more has left is removed, what another one works in stays', async () => {
  await using place = await temporaryFolder()
  const nowMs = systemContext.clock.nowMs()
  const ended = execFile(process.execPath, ['--version'])
  await once(ended, 'exit')
  const leave = async (name: string, owner?: object): Promise<void> => {
    await mkdir(join(place.path, name, 'data'), { recursive: true })
    if (owner !== undefined) await writeFile(join(place.path, name, 'owner.json'), JSON.stringify(owner))
  }
  const own = basename(await makeScratchFolder(place.path, undefined, nowMs))
  await leave('coffre-side-dead', { pid: ended.pid, begun: '1' })
  await leave('coffre-side-reused', { pid: process.pid, begun: '1' })
  await leave('coffre-side-new')
  await leave('coffre-side-old')
  await leave('somebody-else')
  const longAgo = new Date(nowMs - 2 * hourMs)
  await utimes(join(place.path, 'coffre-side-old'), longAgo, longAgo)
  const second = basename(await makeScratchFolder(place.path, undefined, nowMs))
  assert.deepEqual((await readdir(place.path)).sort(), ['coffre-side-new', 'somebody-else', own, second].sort())
})

test('a place that the account of the engine cannot pass to is not taken', async () => {
  await using place = await temporaryFolder()
  await chmod(place.path, 0o700)
  const account = { name: 'nobody', uid: 65_534, gid: 65_534 }
  await using open = await temporaryFolder()
  await chmod(open.path, 0o755)
  const nowMs = systemContext.clock.nowMs()
  const elsewhere = await makeScratchFolder(join(place.path, 'scratch'), account, nowMs)
  assert.ok(!elsewhere.startsWith(place.path), elsewhere)
  await rm(elsewhere, { recursive: true })
  assert.ok((await makeScratchFolder(join(open.path, 'scratch'), account, nowMs)).startsWith(open.path))
})
