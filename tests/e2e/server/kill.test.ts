import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type Client, cancelJob, getStatus, type JobView, listPoints, startBackup, watchJob } from '@coffre/api-contract'
import { ServerProcess } from './server-process.ts'

const sizeMiB = 700
let server: ServerProcess

before(async () => {
  server = await ServerProcess.start()
  await mkdir(join(server.folder, 'big'))
  // Nothing in it repeats, so that a backup takes long enough to be killed in the middle.
  const file = await open(join(server.folder, 'big/noise'), 'w')
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 1), Buffer.alloc(16))
  for (let n = 0; n < sizeMiB; n++) await file.write(cipher.update(Buffer.alloc(1 << 20)))
  await file.close()
  assert.equal((await server.cli('vault', 'create', 'main')).code, 0)
  assert.equal((await server.cli('protect', './big', '--name', 'big', '--vault', 'main')).code, 0)
})
after(() => server[Symbol.asyncDispose]())

/** The job once it holds, by the events of the server. */
async function jobThat(client: Client, id: string, holds: (job: JobView) => boolean): Promise<JobView> {
  let last: JobView | undefined
  for await (const job of client.stream(watchJob, { params: { job: id } })) {
    if (holds(job)) return job
    last = job
  }
  throw new Error(`job ${id} ended as ${last?.state}: ${last?.error?.detail}`)
}

const isMoving = (job: JobView): boolean => job.state === 'RUNNING' && job.bytesDone > 0
const isDone = (job: JobView): boolean => job.state === 'COMPLETED'

async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

test('a worker that is killed in the middle of a backup is replaced at once, and there is one point', async () => {
  const client = await server.client()
  const { id } = await client.call(startBackup, { params: { source: 'big' }, body: {} })
  await jobThat(client, id, isMoving)
  const { workers } = await client.call(getStatus, {})
  const pid = workers.at(-1)?.pid ?? 0
  assert.ok(pid > 1)
  process.kill(pid, 'SIGKILL')
  const job = await jobThat(client, id, isDone)
  assert.equal(job.attempt, 2)
  const { items } = await client.call(listPoints, {})
  assert.equal(items.length, 1)
  assert.equal(items[0]?.id, job.pointId)
})

test('a backup that is cancelled stops, and makes no point', async () => {
  const client = await server.client()
  // Another source of the same content: everything is read again, nothing stored.
  assert.equal((await server.cli('protect', './big/noise', '--name', 'again', '--vault', 'main')).code, 0)
  const { id } = await client.call(startBackup, { params: { source: 'again' }, body: {} })
  await jobThat(client, id, (job) => job.state === 'RUNNING')
  await client.call(cancelJob, { params: { job: id } })
  const job = await jobThat(client, id, ({ state }) => state === 'ABORTED' || state === 'COMPLETED')
  const { items } = await client.call(listPoints, { query: { source: 'again' } })
  assert.equal(items.length, job.state === 'ABORTED' ? 0 : 1)
})

test('server, worker and PostgreSQL killed at once: started again, the backup is done, once', async () => {
  const before = await server.client()
  const file = await open(join(server.folder, 'big/more'), 'w')
  for (let n = 0; n < sizeMiB; n++) await file.write(randomBytes(1 << 20))
  await file.close()
  const { id } = await before.call(startBackup, { params: { source: 'big' }, body: {} })
  await jobThat(before, id, isMoving)
  const { workers } = await before.call(getStatus, {})
  const postmaster = Number((await readFile(join(server.stateFolder, 'catalogue/data/postmaster.pid'), 'utf8')).split('\n')[0])
  for (const { pid } of workers.slice(-1)) process.kill(pid, 'SIGKILL')
  process.kill(postmaster, 'SIGKILL')
  await server.stop('SIGKILL')
  await server.startAgain()
  const client = await server.client()
  const job = await jobThat(client, id, isDone)
  assert.ok(job.attempt >= 2)
  const { items } = await client.call(listPoints, { query: { source: 'big' } })
  assert.equal(items.length, 2)
  assert.equal((await server.cli('audit', 'verify')).code, 0)
  assert.equal((await server.cli('restore', 'big', '--to', './out', '--wait')).code, 0)
  assert.equal(await sumOf(join(server.folder, 'out/more')), await sumOf(join(server.folder, 'big/more')))
})

test('a second server on the same state is refused, and the first goes on', async () => {
  const { COFFRE_STATE: _state, ...environment } = process.env
  const second = promisify(execFile)('sh', [new URL('../../../tools/start.sh', import.meta.url).pathname], {
    env: { ...environment, COFFRE_STATE: server.stateFolder, COFFRE_PORT: '0' },
    // One that is not refused would run for ever.
    timeout: 60_000,
  })
  await assert.rejects(second, (error: Error & { code?: number; stderr?: string }) => {
    assert.match(error.stderr ?? '', new RegExp(`process ${server.pid} is already`))
    return error.code === 56
  })
  assert.equal((await server.cli('vault', 'list')).code, 0)
})
