import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import pg from 'pg'
import { EmbeddedPostgres } from './embedded-postgres.ts'
import { awaitEnd, readPostmasterStatus } from './postmaster.ts'

const signal = new AbortController().signal
let stateFolder: string

before(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'coffre-embedded-'))
})
after(() => rm(stateFolder, { recursive: true }))

function start(): Promise<EmbeddedPostgres> {
  return EmbeddedPostgres.start({ stateFolder, context: systemContext, onLog: () => undefined }, signal)
}

async function query(engine: EmbeddedPostgres, text: string): Promise<unknown[]> {
  const client = new pg.Client({ ...engine.settings, database: 'postgres' })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

async function postmasterPid(): Promise<number> {
  const status = await readPostmasterStatus(join(stateFolder, 'catalogue', 'data'))
  assert.ok(status !== undefined)
  return status.pid
}

test('what was committed is there after a stop, after the engine was killed, and after an orphan was left behind', async () => {
  {
    await using engine = await start()
    await query(engine, 'create table kept (n integer); insert into kept values (1)')
  }
  {
    await using engine = await start()
    assert.deepEqual(await query(engine, 'select n from kept'), [{ n: 1 }])
    const killed = await postmasterPid()
    await query(engine, 'insert into kept values (2)')
    process.kill(killed, 'SIGKILL')
    await awaitEnd(killed, systemContext.clock, 10_000, signal)
    await untilReady(killed)
    assert.deepEqual(await query(engine, 'select n from kept order by n'), [{ n: 1 }, { n: 2 }])
  }
  assert.equal(await readPostmasterStatus(join(stateFolder, 'catalogue', 'data')), undefined)
})

/** Until another postmaster than the one with this id takes connections. */
async function untilReady(former: number): Promise<void> {
  for (;;) {
    const status = await readPostmasterStatus(join(stateFolder, 'catalogue', 'data'))
    if (status !== undefined && status.pid !== former && status.state === 'ready') return
    await systemContext.clock.sleep(20, AbortSignal.timeout(30_000))
  }
}

test('an engine whose server was killed is ended by the next server, and nothing is lost', async () => {
  // A process of its own starts the engine and is killed.
  const script = `
    const { EmbeddedPostgres } = await import(${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)})
    const { systemContext } = await import('@coffre/foundation')
    await EmbeddedPostgres.start({ stateFolder: ${JSON.stringify(stateFolder)}, context: systemContext, onLog() {} }, new AbortController().signal)
    console.log('ready')`
  const server = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  const orphan = await postmasterPid()
  server.kill('SIGKILL')
  await once(server, 'exit')
  assert.equal(await awaitEnd(orphan, systemContext.clock, 0, signal), false, 'the engine outlives a killed server')
  await using engine = await start()
  assert.notEqual(await postmasterPid(), orphan)
  assert.deepEqual(await query(engine, 'select count(*)::integer as n from kept'), [{ n: 2 }])
})

test('the password is for the owner of the state folder alone, and needed', async () => {
  await using engine = await start()
  const { mode } = await stat(join(stateFolder, 'catalogue-password'))
  assert.equal(mode & 0o777, 0o600)
  assert.equal((await readFile(join(stateFolder, 'catalogue-password'), 'utf8')).trim(), engine.settings.password)
  const client = new pg.Client({ ...engine.settings, password: 'wrong', database: 'postgres' })
  await assert.rejects(client.connect(), { code: '28P01' })
})
