import assert from 'node:assert/strict'
import type { Source } from '@coffre/connector'
import { isCoffreError } from '@coffre/foundation'
import { noSignal } from './connector-subject.ts'
import type { ConnectorTest, TestedConnector } from './connector-test.ts'
import { logOf } from './connector-test.ts'
import { MemoryPoint } from './memory-point.ts'

/** Where a snapshot is when it is given up. */
const stages = ['before it', 'before items', 'between items', 'in a content', 'before finish'] as const

export function releasingContract(test: ConnectorTest): void {
  for (const stage of stages) {
    test(`an abort ${stage} of a snapshot frees the source`, async (tested) => {
      const { subject } = tested
      await using source = await tested.open()
      const idle = await subject.held()
      const abort = new AbortController()
      await tested.assertRejects(readUntil(source, stage, abort), 'interrupted')
      assert.equal(await subject.held(), idle, 'the snapshot is still held')
      const point = await MemoryPoint.from(await source.snapshot(noSignal))
      assert.ok(point.paths.length > 0, 'the next snapshot is whole')
    })
  }

  test('a snapshot whose items are left early frees the source', async (tested) => {
    await using source = await tested.open()
    const idle = await tested.subject.held()
    const stream = await source.snapshot(noSignal)
    for await (const _ of stream.items) break
    assert.equal(await tested.subject.held(), idle)
    await assert.rejects(stream.finish())
  })

  test('disposing of a source in the middle of a snapshot ends it with an error, never as if it were whole', async (tested) => {
    const source = await tested.open()
    const stream = await source.snapshot(noSignal)
    const items = stream.items[Symbol.asyncIterator]()
    await items.next()
    await source[Symbol.asyncDispose]()
    const outcome = await drain(items).catch((error: unknown) => error)
    assert.ok(isCoffreError(outcome), 'the items ended as if all had been delivered')
    tested.assertNoSecret(outcome)
    await assert.rejects(stream.finish())
    assert.equal(await tested.subject.held(), 0)
  })

  test('a source can be disposed of twice', async (tested) => {
    const source = await tested.open()
    await source[Symbol.asyncDispose]()
    await source[Symbol.asyncDispose]()
    assert.equal(await tested.subject.held(), 0)
  })

  test('an abort and a disposal both end a capture that waits', async (tested) => {
    if (!tested.isContinuous) return
    for (const way of ['abort', 'dispose'] as const) {
      await using source = await tested.open()
      const abort = new AbortController()
      const { position } = await logOf(source).head(noSignal)
      const batches = logOf(source).capture(position, abort.signal)[Symbol.asyncIterator]()
      await nextAsTimePasses(tested, batches)
      const waiting = drain(batches)
      if (way === 'abort') abort.abort()
      else await source[Symbol.asyncDispose]()
      await waiting.catch((error: unknown) => assert.ok(isCoffreError(error), `${error}`))
      await source[Symbol.asyncDispose]()
      assert.equal(await tested.subject.held(), 0, way)
    }
  })

  test('what asks the log is interrupted by an abort', async (tested) => {
    if (!tested.isContinuous) return
    await using source = await tested.open()
    const log = logOf(source)
    const { position } = await log.head(noSignal)
    await tested.assertRejects(log.head(AbortSignal.abort()), 'interrupted')
    await tested.assertRejects(log.branches(AbortSignal.abort()), 'interrupted')
    await tested.assertRejects(log.acknowledge(position, AbortSignal.abort()), 'interrupted')
  })
}

async function readUntil(source: Source, stage: (typeof stages)[number], abort: AbortController): Promise<void> {
  if (stage === 'before it') abort.abort()
  const stream = await source.snapshot(abort.signal)
  if (stage === 'before items') abort.abort()
  for await (const item of stream.items) {
    if (stage === 'between items') abort.abort()
    if (item.kind !== 'file') continue
    for await (const _ of item.content) if (stage === 'in a content') abort.abort()
  }
  if (stage === 'before finish') abort.abort()
  await stream.finish()
}

async function drain(iterator: AsyncIterator<unknown>): Promise<void> {
  while ((await iterator.next()).done !== true);
}

/** The next value, time passing on the source's clock until it is there. */
export async function nextAsTimePasses<T>({ subject }: TestedConnector, iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  let isSettled = false
  const next = iterator.next().finally(() => {
    isSettled = true
  })
  // Its failure is met when it is awaited below.
  next.catch(() => undefined)
  while (!isSettled) await subject.passTime(100)
  return next
}
