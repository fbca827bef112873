import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { describeLog } from '@coffre/journal'
import { loadIndex } from '@coffre/repository'
import type { MemoryBackend } from '@coffre/storage'
import { FakeClock, RepositoryFixture, ScriptedConnector, ScriptedEngine } from '@coffre/testkit'
import type { VaultSession } from '../vault-session.ts'
import type { CaptureRequest, CaptureState } from './capture-request.ts'
import { logOf } from './log-of.ts'
import { runCapture } from './run-capture.ts'

const request: CaptureRequest = {
  source: 'the shop',
  afresh: false,
  programVersion: 'test',
  times: { sealEveryMs: 0, foldEveryMs: 3_600_000, foldBytes: 1e9, foldEveryMsMin: 60_000, closeAfterMs: 60_000 },
}

class Stage {
  readonly fixture: RepositoryFixture<MemoryBackend>
  readonly engine: ScriptedEngine
  readonly states: CaptureState[] = []
  #failure: unknown

  constructor(fixture: RepositoryFixture<MemoryBackend>) {
    this.fixture = fixture
    this.engine = new ScriptedEngine({ clock: fixture.context.clock, files: { users: 'users' } })
  }

  run(more: Partial<CaptureRequest> = {}) {
    const { repository } = this.fixture
    this.#failure = undefined
    const abort = new AbortController()
    const lock = async (): Promise<VaultSession & AsyncDisposable> => ({
      repository,
      signal: abort.signal,
      confirmed: Promise.resolve(),
      [Symbol.asyncDispose]: async () => undefined,
    })
    const source = {
      connector: new ScriptedConnector(this.engine),
      config: { server: this.engine.name },
      secrets: { password: this.engine.password },
    }
    const events = {
      sealed: (state: CaptureState) => void this.states.push(state),
      folded: () => assert.fail('it has no format to be folded in'),
      foldFailed: (error: unknown) => assert.fail(`${error}`),
    }
    const ended = runCapture({ repository, lock }, source, { ...request, ...more }, events, abort.signal)
    ended.catch((error: unknown) => {
      if (!abort.signal.aborted) this.#failure = error
    })
    return { abort, ended }
  }

  /** Lets the source's time pass, with a mark each second, until all that it has logged is durable. */
  async durable(): Promise<void> {
    while (!this.#isDurable()) {
      if (this.#failure !== undefined) throw this.#failure
      this.fixture.context.clock.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #isDurable(): boolean {
    const { branch, offset } = this.engine.head
    const durable = this.states.at(-1)?.durable
    return durable !== undefined && durable.branch === branch && durable.offset >= offset
  }

  async epochs() {
    const { repository, signal } = this.fixture
    return describeLog(repository, await loadIndex(repository, {}, signal), logOf(request.source), signal)
  }
}

test('what the source logs is durable in the vault, and only then the source may discard it', async () => {
  await using fixture = await RepositoryFixture.create({ clock: new FakeClock() })
  const stage = new Stage(fixture)
  const begin = stage.engine.head
  const { abort, ended } = stage.run()
  await stage.durable()
  stage.engine.changeSome(5)
  await stage.durable()
  stage.engine.changeSome(5)
  await stage.durable()
  abort.abort()
  await assert.rejects(ended, (error) => isCoffreError(error, 'interrupted'))
  assert.deepEqual(stage.engine.acknowledged, stage.states.at(-1)?.durable)
  const [epoch, ...others] = await stage.epochs()
  assert.deepEqual([others, epoch?.begin.offset, epoch?.gaps], [[], begin.offset, []])
  assert.ok((epoch?.end.offset ?? '') >= stage.engine.head.offset)
})

test('a run goes on where the one before was durable, and a log that the source has lost begins anew when it is told to', async () => {
  await using fixture = await RepositoryFixture.create({ clock: new FakeClock() })
  const stage = new Stage(fixture)
  const first = stage.run()
  await stage.durable()
  stage.engine.changeSome(3)
  await stage.durable()
  first.abort.abort()
  await assert.rejects(first.ended)
  stage.engine.changeSome(3)
  const second = stage.run()
  await stage.durable()
  second.abort.abort()
  await assert.rejects(second.ended)
  assert.equal((await stage.epochs()).length, 1)

  stage.engine.changeSome(3)
  stage.engine.recycle(stage.engine.head)
  await assert.rejects(stage.run().ended, (error) => isCoffreError(error, 'source.position-lost'))
  const afresh = stage.run({ afresh: true })
  stage.engine.changeSome(3)
  await stage.durable()
  afresh.abort.abort()
  await assert.rejects(afresh.ended)
  const epochs = await stage.epochs()
  assert.deepEqual(
    epochs.map(({ epoch }) => epoch),
    [1, 2],
  )
})

test('after a failover the log goes on, on its new branch', async () => {
  await using fixture = await RepositoryFixture.create({ clock: new FakeClock() })
  const stage = new Stage(fixture)
  const { abort, ended } = stage.run()
  await stage.durable()
  stage.engine.changeSome(3)
  await stage.durable()
  abort.abort()
  await assert.rejects(ended)
  stage.engine.failOver(1)
  stage.engine.changeSome(2)
  const after = stage.run()
  await stage.durable()
  after.abort.abort()
  await assert.rejects(after.ended)
  const [epoch] = await stage.epochs()
  assert.deepEqual([epoch?.branches.length, epoch?.end.branch], [2, stage.engine.head.branch])
})

test('what the vault does not take ends the run, and the source keeps its log', async () => {
  await using fixture = await RepositoryFixture.create({ clock: new FakeClock() })
  const stage = new Stage(fixture)
  const { ended } = stage.run()
  stage.engine.changeSome(1)
  await stage.durable()
  const durable = stage.states.at(-1)?.durable
  fixture.backend.save = () => Promise.reject(new Error('the disk is full'))
  stage.engine.changeSome(3)
  await assert.rejects(ended, /the disk is full/)
  assert.deepEqual(stage.states.at(-1)?.durable, durable)
  assert.deepEqual(stage.engine.acknowledged, durable)
})
