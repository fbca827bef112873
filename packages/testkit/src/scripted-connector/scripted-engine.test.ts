import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { ChangeBatch, Position, Source } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import { MemoryPoint } from '../connector-contract/memory-point.ts'
import { FakeClock } from '../fake-clock.ts'
import { SeededRandom } from '../seeded-random.ts'
import { ScriptedConnector } from './scripted-connector.ts'
import { ScriptedEngine } from './scripted-engine.ts'
import type { ScriptedFault, ScriptedStep } from './scripted-faults.ts'
import { replayScriptedLog } from './scripted-log.ts'

const { signal } = new AbortController()

function scripted() {
  const clock = new FakeClock({ automatic: true })
  const engine = new ScriptedEngine({ clock, logPieceBytes: 1, files: { a: 'first', 'b/c': new Uint8Array([0xff, 0]) } })
  const connector = new ScriptedConnector(engine)
  const context = { clock, random: new SeededRandom(1) }
  const open = (): Promise<Source> => connector.open({ server: 'scripted' }, { password: engine.password }, context, signal)
  return { clock, engine, connector, context, open }
}

async function captured(source: Source, after: Position, end: Position): Promise<ChangeBatch[]> {
  const batches: ChangeBatch[] = []
  assert.ok(source.log)
  if (isDeepStrictEqual(after, end)) return batches
  for await (const batch of source.log.capture(after, signal)) {
    batches.push(batch)
    if (batch.through.branch === end.branch && batch.through.offset >= end.offset) break
  }
  return batches
}

test('base and captured log give the state at any position, on any branch, as the numbered changes do', async () => {
  const { engine, open } = scripted()
  const origin = engine.head
  const wanted: Position[] = [origin]
  for (let round = 0; round < 4; round++) {
    for (let change = 0; change < 5; change++) wanted.push(engine.changeSome(3))
    wanted.push(engine.change('a'))
    engine.failOver(round)
    wanted.push(engine.head)
  }
  await using source = await open()
  const base = engine.stateAt(origin)
  for (const position of wanted) {
    const isOnTheWay = isReached(engine, position)
    if (!isOnTheWay) continue
    const files = new Map(base)
    for (const { bytes } of await captured(source, origin, position)) replayScriptedLog(files, bytes)
    assert.deepEqual(plain(files), plain(engine.stateAt(position)), `${position.branch}@${position.offset}`)
  }
  assert.deepEqual(plain(engine.stateAt(engine.head)), plain(engine.files))
})

/** Whether a follower of the log comes by: not at what a failover has lost. */
function isReached(engine: ScriptedEngine, { branch, offset }: Position): boolean {
  const next = engine.branches.find(({ parent }) => parent?.id === branch)
  return next === undefined || offset <= (next.parent?.forkOffset ?? '')
}

function plain(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  return Object.fromEntries([...files].map(([path, content]) => [path, Buffer.from(content).toString('hex')]))
}

test('an acknowledgement is kept by the engine, which discards no more than it says', async () => {
  const { engine, open } = scripted()
  const begin = engine.head
  const middle = engine.changeSome(3)
  const end = engine.changeSome(3)
  await using source = await open()
  await source.log?.acknowledge(middle, signal)
  await source.log?.acknowledge(begin, signal)
  assert.deepEqual(engine.acknowledged, middle)
  engine.recycle()
  await assert.rejects(captured(source, begin, end), { code: 'source.position-lost' })
  assert.equal(engine.changesThrough(end).length, 6)
  assert.ok((await captured(source, middle, end)).length > 0)
})

const steps: readonly (readonly [step: ScriptedStep, act: (source: Source) => Promise<unknown>])[] = [
  ['snapshot', (source) => source.snapshot(signal)],
  ['item', async (source) => MemoryPoint.from(await source.snapshot(signal))],
  ['content', async (source) => MemoryPoint.from(await source.snapshot(signal))],
  ['finish', async (source) => MemoryPoint.from(await source.snapshot(signal))],
  ['head', async (source) => source.log?.head(signal)],
  ['branches', async (source) => source.log?.branches(signal)],
  ['acknowledge', async (source) => source.log?.acknowledge({ branch: '1', offset: '000000000000' }, signal)],
  [
    'capture',
    async (source) => source.log?.capture({ branch: '1', offset: '000000000000' }, signal)[Symbol.asyncIterator]().next(),
  ],
]

const broken = new CoffreError('source.failed', 'as the test wishes')
const outcomes: readonly (readonly [fault: ScriptedFault, code: string | undefined])[] = [
  [{ kind: 'error', error: broken }, 'source.failed'],
  [{ kind: 'cut' }, 'source.unreachable'],
  [{ kind: 'stall' }, undefined],
  [{ kind: 'slow', delayMs: 5000 }, undefined],
]

for (const [step, act] of steps) {
  for (const [fault, code] of outcomes) {
    test(`${fault.kind} at ${step} ${code === undefined ? 'passes' : `is ${code}`}, and the next time all is well`, async () => {
      const { clock, engine, open } = scripted()
      engine.faults.queue(step, fault)
      const beforeMs = clock.nowMs()
      {
        await using source = await open()
        const reached = engine.faults.reached(step)
        const acting = act(source)
        acting.catch(() => undefined)
        await reached
        if (fault.kind === 'stall') {
          await new Promise((resolve) => setImmediate(resolve))
          engine.faults.release()
        }
        if (code === undefined) await acting
        else await assert.rejects(acting, { code })
      }
      if (fault.kind === 'slow') assert.ok(clock.nowMs() >= beforeMs + fault.delayMs)
      assert.deepEqual(engine.faults.struck, [{ step, kind: fault.kind }])
      await using again = await open()
      await act(again)
    })
  }
}

test('what cannot be read is named, what is damaged is found', async () => {
  const { engine, open } = scripted()
  engine.unreadable.add('a')
  engine.damaged.add('b/c')
  await using source = await open()
  const { end, paths } = await MemoryPoint.from(await source.snapshot(signal))
  assert.deepEqual(paths, ['b', 'b/c'])
  assert.deepEqual(
    end.skipped.map(({ path }) => path),
    ['a'],
  )
  assert.deepEqual(
    end.findings.map(({ severity, code }) => [severity, code]),
    [['error', 'scripted.damaged']],
  )
})

test('a point can be restored into another engine, if it is empty', async () => {
  const { clock, engine, context, open } = scripted()
  const other = new ScriptedEngine({ name: 'other', password: 'other', clock })
  const connector = new ScriptedConnector(engine, other)
  await using source = await open()
  const point = await MemoryPoint.from(await source.snapshot(signal))
  const target = { kind: 'engine', config: { server: 'other' }, secrets: { password: 'other' } } as const
  const request = { target, overwrite: false, onProgress: () => undefined }
  const report = await connector.restore(point, request, context, signal)
  assert.deepEqual(plain(other.files), plain(engine.files))
  assert.deepEqual(await connector.verify(point, report, context, signal), [])
  other.change('a', 'changed')
  assert.equal((await connector.verify(point, report, context, signal)).length, 1)
  await assert.rejects(connector.restore(point, request, context, signal), { code: 'target.not-empty' })
})
