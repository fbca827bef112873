import assert from 'node:assert/strict'
import { type ChangeBatch, compareOffsets, type Mark, type Position, type SourceLog } from '@coffre/connector'
import { isCoffreError } from '@coffre/foundation'
import { noSignal } from './connector-subject.ts'
import { type ConnectorTest, logOf, type TestedConnector } from './connector-test.ts'
import { MemoryPoint } from './memory-point.ts'
import { nextAsTimePasses } from './releasing.ts'

const markPeriodMs = 1000

export function capturingContract(test: ConnectorTest): void {
  const logTest = (title: string, body: (tested: TestedConnector) => Promise<void>): void =>
    test(title, async (tested) => {
      if (tested.isContinuous) await body(tested)
    })

  logTest('from where a snapshot began on, the log is there without a gap', async (tested) => {
    const { subject } = tested
    await using source = await tested.open()
    const log = logOf(source)
    await subject.change()
    const stream = await source.snapshot(noSignal)
    assert.ok(stream.begin)
    await subject.change()
    const { manifest } = await MemoryPoint.from(stream)
    assert.deepEqual(manifest.begin, stream.begin)
    await subject.change()
    const end = await headOf(log)
    const batches = await captureThrough(tested, log, stream.begin, end)
    assertContiguous(stream.begin, batches)
    assert.ok(bytesOf(batches).length > 0)
  })

  logTest('a mark comes at least each second of the source, while it is busy and while it is idle', async (tested) => {
    const { subject } = tested
    await using source = await tested.open()
    const log = logOf(source)
    const begin = await headOf(log)
    const marks: Mark[] = []
    const batches = log.capture(begin, noSignal)[Symbol.asyncIterator]()
    let round = 0
    while (marks.length < 8) {
      if (round++ % 3 === 0 && marks.length < 4) await subject.change()
      const { value } = await nextAsTimePasses(tested, batches)
      assert.ok(value, 'a capture does not end by itself')
      if (value.mark !== undefined) marks.push(value.mark)
    }
    await batches.return?.()
    const periodMsMax = markPeriodMs + 100 + (subject.markToleranceMs ?? 0)
    for (const [at, mark] of marks.entries()) {
      const last = marks[at - 1]
      if (last === undefined) continue
      assert.ok(mark.sourceMs > last.sourceMs, 'marks go forward')
      assert.ok(mark.sourceMs - last.sourceMs <= periodMsMax, `${mark.sourceMs - last.sourceMs} ms between two marks`)
      assert.ok(mark.capturedMs >= last.capturedMs)
      assert.ok(compareOffsets(mark.position, last.position) >= 0, 'the log does not shrink')
    }
  })

  logTest('a capture from a position that was delivered before yields the same bytes', async (tested) => {
    await using source = await tested.open()
    const log = logOf(source)
    const begin = await headOf(log)
    for (let change = 0; change < 6; change++) await tested.subject.change()
    const end = await headOf(log)
    const first = await captureThrough(tested, log, begin, end)
    const byPosition = bytesByPosition(first)
    for (const { through } of first.slice(0, -1)) {
      const again = await captureThrough(tested, log, through, end)
      assertContiguous(through, again)
      const skipped = byPosition.get(through.offset) ?? 0
      let common = 0
      for (const [offset, bytes] of bytesByPosition(again)) {
        const known = byPosition.get(offset)
        if (known === undefined) continue
        common++
        assert.ok(bytesOf(again).subarray(0, bytes).equals(bytesOf(first).subarray(skipped, known)))
      }
      assert.ok(common > 0, 'the two captures have no position in common')
    }
  })

  logTest('the end of the log only moves forward', async (tested) => {
    await using source = await tested.open()
    let last = await logOf(source).head(noSignal)
    for (let change = 0; change < 3; change++) {
      await tested.subject.change()
      await tested.subject.passTime(300)
      const head = await logOf(source).head(noSignal)
      assert.ok(compareOffsets(head.position, last.position) > 0)
      assert.ok(head.sourceMs >= last.sourceMs)
      last = head
    }
  })

  logTest('an acknowledgement may be repeated and never goes back', async (tested) => {
    const { subject } = tested
    await using source = await tested.open()
    const log = logOf(source)
    const begin = await headOf(log)
    for (let change = 0; change < 4; change++) await subject.change()
    const middle = await headOf(log)
    for (let change = 0; change < 4; change++) await subject.change()
    const end = await headOf(log)
    assertContiguous(begin, await captureThrough(tested, log, begin, end))
    await log.acknowledge(begin, noSignal)
    await log.acknowledge(middle, noSignal)
    await log.acknowledge(middle, noSignal)
    await log.acknowledge(begin, noSignal)
    const rest = await captureThrough(tested, log, middle, end)
    assertContiguous(middle, rest)
    const older = await captureThrough(tested, log, begin, end).catch((error: unknown) => error)
    if (!Array.isArray(older)) assert.ok(isCoffreError(older, 'source.position-lost'), `${older}`)
  })

  logTest('what was not acknowledged is there for the next one that opens the source', async (tested) => {
    let begin: Position
    {
      await using source = await tested.open()
      begin = await headOf(logOf(source))
      await logOf(source).acknowledge(begin, noSignal)
      await tested.subject.change()
    }
    await tested.subject.change()
    await using source = await tested.open()
    const end = await headOf(logOf(source))
    assertContiguous(begin, await captureThrough(tested, logOf(source), begin, end))
  })

  logTest('log that the source has no more is source.position-lost, and a new base helps', async (tested) => {
    await using source = await tested.open()
    const log = logOf(source)
    const begin = await headOf(log)
    await tested.subject.change()
    await tested.subject.discardLog?.()
    await tested.assertRejects(captureThrough(tested, log, begin, await headOf(log)), 'source.position-lost')
    const stream = await source.snapshot(noSignal)
    assert.ok(stream.begin)
    await MemoryPoint.from(stream)
    await tested.subject.change()
    assertContiguous(stream.begin, await captureThrough(tested, log, stream.begin, await headOf(log)))
  })

  logTest('the head is on a branch that is known', async (tested) => {
    await using source = await tested.open()
    const branches = await logOf(source).branches(noSignal)
    const { branch } = await headOf(logOf(source))
    assert.ok(branches.some(({ id }) => id === branch))
    for (const { parent } of branches) {
      if (parent !== undefined) assert.ok(branches.some(({ id }) => id === parent.id) || parent.forkOffset !== '')
    }
  })

  logTest('after a failover the log goes on, on another branch that says where it left the one before', async (tested) => {
    const { subject } = tested
    if (subject.failOver === undefined) return
    let begin: Position
    {
      await using source = await tested.open()
      begin = await headOf(logOf(source))
      await subject.change()
    }
    await subject.failOver()
    await subject.change()
    await using source = await tested.open()
    const log = logOf(source)
    const end = await headOf(log)
    assert.notEqual(end.branch, begin.branch)
    const branch = (await log.branches(noSignal)).find(({ id }) => id === end.branch)
    assert.equal(branch?.parent?.id, begin.branch)
    const batches = await captureThrough(tested, log, begin, end)
    assertContiguous(begin, batches)
    const forked = batches.filter(({ fork }) => fork !== undefined)
    assert.deepEqual(
      forked.map(({ fork }) => fork),
      [branch],
    )
  })
}

async function headOf(log: SourceLog): Promise<Position> {
  return (await log.head(noSignal)).position
}

/** Captures until a position is delivered. */
async function captureThrough(tested: TestedConnector, log: SourceLog, after: Position, end: Position): Promise<ChangeBatch[]> {
  const found: ChangeBatch[] = []
  const batches = log.capture(after, noSignal)[Symbol.asyncIterator]()
  for (;;) {
    const { value } = await nextAsTimePasses(tested, batches)
    assert.ok(value, 'a capture does not end by itself')
    // Its bytes are only lent.
    found.push({ ...value, bytes: Buffer.from(value.bytes) })
    if (value.through.branch !== end.branch || compareOffsets(value.through, end) < 0) continue
    await batches.return?.()
    return found
  }
}

function assertContiguous(after: Position, batches: readonly ChangeBatch[]): void {
  let last = after
  for (const batch of batches) {
    if (batch.fork === undefined) assert.deepEqual(batch.after, last, 'a batch begins where the one before ended')
    else {
      const { id, parent } = batch.fork
      assert.equal(batch.after.branch, id)
      assert.equal(parent?.id, last.branch, 'a branch leaves the one that was followed')
      assert.ok(batch.after.offset <= (parent?.forkOffset ?? ''), 'nothing of a branch is left out')
    }
    assert.ok(compareOffsets(batch.through, batch.after) >= 0)
    assert.equal(batch.through.offset === batch.after.offset, batch.bytes.length === 0, 'bytes move the position, and nothing else')
    last = batch.through
  }
}

function bytesOf(batches: readonly ChangeBatch[]): Buffer {
  return Buffer.concat(batches.map(({ bytes }) => bytes))
}

/** How many bytes came until a position, by its offset. */
function bytesByPosition(batches: readonly ChangeBatch[]): Map<string, number> {
  const found = new Map<string, number>()
  let bytes = 0
  for (const batch of batches) {
    bytes += batch.bytes.length
    found.set(batch.through.offset, bytes)
  }
  return found
}
