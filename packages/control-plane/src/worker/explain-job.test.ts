import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Connector, ForeseenRequest } from '@coffre/connector'
import { CoffreError, systemContext } from '@coffre/foundation'
import { ScriptedConnector, ScriptedEngine, temporaryFolder } from '@coffre/testkit'
import type { RestoreTargetOrder } from '../jobs/restore-target.ts'
import { startExplanation } from '../jobs/start-restore.ts'
import { createSource } from '../sources/create-source.ts'
import { sourceEngines } from '../sources/source-engines.ts'
import { startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { TestWorker } from '../testing/test-worker.ts'

const signal = new AbortController().signal
const asked: ForeseenRequest[] = []
let its: TestCatalogue
let worker: TestWorker

before(async () => {
  its = await startTestCatalogue()
  const engine = new ScriptedEngine({ clock: systemContext.clock, files: { users: 'users' } })
  const foresee: Connector['foresee'] = async (_manifest, request) => {
    asked.push(request)
    return {
      obstacles: [new CoffreError('target.failed', 'nobody answers', { hint: 'Start it.' })],
      engine: { name: 'Scripted 7', version: '7.1', aside: { folder: '/aside', neededBytes: 5, freeBytes: 6 } },
    }
  }
  const connector = Object.assign(new ScriptedConnector(engine), { foresee })
  const engines = new Map([['scripted', { kind: 'items' as const, connector: connector as Connector }], ...sourceEngines])
  worker = await TestWorker.start(its, { engines })
  await worker.vault('main', { location: join(its.stateFolder, 'vaults', 'explained') })
  const labels = { tier: undefined, environment: undefined, region: undefined, resourceArn: undefined, tags: {} }
  const reach = { config: { server: engine.name }, secrets: { password: engine.password }, acceptFindings: false }
  const source = { projectId: worker.projectId, name: 'shop', engine: 'scripted', ...reach, ...labels }
  await createSource(worker.parts, source, () => Promise.resolve(), signal)
  await worker.backup('shop', 'main')
})
after(() => its[Symbol.asyncDispose]())

/** What a question came to. */
async function explain(source: string, target: Partial<RestoreTargetOrder> = {}, overwrite = false) {
  const order = { projectId: worker.projectId, source, point: undefined, at: undefined, createdBy: 'user:a', overwrite }
  const id = await startExplanation(worker.parts, { ...order, to: undefined, ...target })
  await worker.doAll()
  const job = await worker.parts.store.find(id)
  assert.equal(job?.state, 'COMPLETED', JSON.stringify(job?.error))
  return job.result as {
    readonly expectedSeconds: number
    readonly obstacles: readonly { readonly code: string }[]
    readonly base: object
  }
}

test('what a connector foresees is told, and a secret is there for as long as the question lasts', async () => {
  const config = { server: 'other' }
  const secrets = { password: 'Explained-7' }
  const result = await explain('shop', { into: { config, secrets }, parts: ['users'] })
  assert.deepEqual(result, {
    ...result,
    logBytes: 0,
    stop: null,
    log: null,
    engine: { name: 'Scripted 7', version: '7.1', aside: { folder: '/aside', neededBytes: 5, freeBytes: 6 } },
    obstacles: [{ code: 'target.failed', detail: 'nobody answers', hint: 'Start it.' }],
  })
  assert.deepEqual(asked.splice(0), [{ target: { kind: 'engine', config, secrets }, overwrite: false, parts: ['users'] }])
  const jobs = await its.catalogue.selectFrom('job').selectAll().where('kind', '=', 'EXPLAIN').execute()
  assert.doesNotMatch(JSON.stringify(jobs), /Explained-7/)
  assert.deepEqual(
    jobs.map(({ secretId }) => secretId),
    [null],
  )
  assert.deepEqual(await its.catalogue.selectFrom('secret').select('id').where('purpose', '=', 'restore').execute(), [])
  assert.deepEqual((await explain('shop')).obstacles, [])
  assert.deepEqual(asked, [], 'without a target nobody is asked')
})

test('files are foreseen, too', async () => {
  await using folder = await temporaryFolder()
  const [docs, filled] = [join(folder.path, 'docs'), join(folder.path, 'filled')]
  for (const path of [docs, filled]) await mkdir(path)
  await writeFile(join(docs, 'file'), 'content')
  await writeFile(join(filled, 'file'), 'mine')
  await worker.source('docs', docs)
  await worker.backup('docs', 'main')
  const codes = async (to: string, overwrite = false) =>
    (await explain('docs', { to }, overwrite)).obstacles.map(({ code }) => code)
  assert.deepEqual(await codes(filled), ['target.not-empty'])
  assert.deepEqual(await codes(filled, true), [])
  assert.deepEqual(await codes(join(folder.path, 'new')), [])
})

test('the time that is expected is by the last restore that was measured, or else by the last backup', async () => {
  const { base } = await explain('shop')
  const bytes = (base as { readonly bytes: number }).bytes
  assert.ok(bytes > 0)
  const measured = async (kind: 'BACKUP' | 'RESTORE', seconds: number): Promise<void> => {
    const now = systemContext.clock.nowMs()
    const backup = await its.catalogue
      .selectFrom('job')
      .selectAll()
      .where('kind', '=', 'BACKUP')
      .where('sourceName', '=', 'shop')
      .executeTakeFirstOrThrow()
    const times = { startedAt: new Date(now - seconds * 1000), completedAt: new Date(now) }
    if (kind === 'BACKUP') {
      await its.catalogue
        .updateTable('job')
        .set({ ...times, bytesDone: bytes })
        .where('id', '=', backup.id)
        .execute()
      return
    }
    const request = {
      projectId: worker.projectId,
      source: 'shop',
      point: undefined,
      at: undefined,
      createdBy: 'user:a',
      overwrite: false,
    }
    const id = await startExplanation(worker.parts, { ...request, to: undefined })
    await worker.doAll()
    await its.catalogue
      .updateTable('job')
      .set({ ...times, kind, bytesDone: bytes })
      .where('id', '=', id)
      .execute()
  }
  await measured('BACKUP', 100)
  assert.equal((await explain('shop')).expectedSeconds, 100)
  await measured('RESTORE', 7)
  assert.equal((await explain('shop')).expectedSeconds, 7)
})
