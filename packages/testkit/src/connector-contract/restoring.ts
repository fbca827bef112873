import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { RestoreReport, RestoreRequest } from '@coffre/connector'
import { temporaryFolder } from '../temporary-folder.ts'
import { noSignal } from './connector-subject.ts'
import type { ConnectorTest, TestedConnector } from './connector-test.ts'
import { MemoryPoint } from './memory-point.ts'

export function restoringContract(test: ConnectorTest): void {
  const folderTest = (title: string, body: (tested: TestedConnector, folder: string) => Promise<void>): void =>
    test(title, async (tested) => {
      if (!tested.subject.connector.abilities.restoresTo.includes('folder')) return
      await using folder = await temporaryFolder()
      await body(tested, folder.path)
    })

  for (const place of ['an empty folder', 'a folder that is not there yet']) {
    folderTest(`what is restored into ${place} is what was there, and verify finds nothing`, async (tested, folder) => {
      const { subject } = tested
      const expected = await subject.describe()
      const point = await snapshotOf(tested)
      await subject.change()
      const fractions: number[] = []
      const target = place === 'an empty folder' ? folder : join(folder, 'deep', 'target')
      const report = await restore(tested, point, target, { onProgress: (done) => fractions.push(done) })
      assert.deepEqual(await subject.describeRestored(report), expected)
      tested.assertNoSecret(report)
      assert.ok(fractions.every((done, at) => done >= (fractions[at - 1] ?? 0) && done <= 1))
      assert.equal(fractions.at(-1), 1)
      assert.deepEqual(await verify(tested, point, report), [])
    })
  }

  test('what changes while a snapshot is taken is in it whole or not at all', async (tested) => {
    const { connector, describe, change, describeRestored } = bound(tested)
    if (!connector.abilities.isConsistent || !connector.abilities.restoresTo.includes('folder')) return
    await using source = await tested.open()
    const states = [await describe()]
    const item = async (): Promise<void> => {
      await change()
      states.push(await describe())
    }
    const point = await MemoryPoint.from(await source.snapshot(noSignal), { item })
    assert.ok(states.length > 2, 'nothing changed meanwhile')
    await using folder = await temporaryFolder()
    const restored = await describeRestored(await restore(tested, point, folder.path))
    const found = states.findIndex((state) => isDeepStrictEqual(state, restored))
    assert.ok(found >= 0, 'what was restored never stood like that')
  })

  folderTest('a folder that is not empty is refused and left as it is, unless it may be overwritten', async (tested, folder) => {
    const { subject } = tested
    const expected = await subject.describe()
    const point = await snapshotOf(tested)
    await writeFile(join(folder, 'precious'), 'precious')
    await tested.assertRejects(restore(tested, point, folder), 'target.not-empty')
    assert.deepEqual(await readdir(folder), ['precious'])
    const other = join(folder, 'again')
    await mkdir(other)
    await restore(tested, point, other)
    const report = await restore(tested, point, other, { overwrite: true })
    assert.deepEqual(await subject.describeRestored(report), expected)
  })

  folderTest('verify finds what differs', async (tested, folder) => {
    const point = await snapshotOf(tested)
    const report = await restore(tested, point, folder)
    await tested.subject.plantDifference(report)
    const findings = await verify(tested, point, report)
    tested.assertNoSecret(findings)
    assert.ok(findings.some(({ severity }) => severity === 'error'))
  })

  folderTest('an abort ends a restore and a verification', async (tested, folder) => {
    const { connector, context } = tested.subject
    const point = await snapshotOf(tested)
    const abort = new AbortController()
    const request = requestFor(join(folder, 'aborted'), { onProgress: () => abort.abort() })
    await tested.assertRejects(connector.restore(point, request, context, abort.signal), 'interrupted')
    const report = await restore(tested, point, join(folder, 'whole'))
    await tested.assertRejects(connector.verify(point, report, context, AbortSignal.abort()), 'interrupted')
  })

  folderTest(
    'a part alone can be restored where abilities say so, and a part that is not there is an error',
    async (tested, folder) => {
      const { connector } = tested.subject
      if (!connector.abilities.restoresPartsTo.includes('folder')) return
      const point = await snapshotOf(tested)
      const [part] = Object.keys(point.manifest.counts)
      assert.ok(part)
      const report = await restore(tested, point, join(folder, 'part'), { parts: [part] })
      assert.deepEqual(Object.keys(report.counts), [part])
      assert.deepEqual(await verify(tested, point, report), [])
      await assert.rejects(restore(tested, point, join(folder, 'none'), { parts: ['no such part'] }))
    },
  )
}

async function snapshotOf(tested: TestedConnector): Promise<MemoryPoint> {
  await using source = await tested.open()
  // A chunk is its reader's until the next one is asked for: it may be written to, too.
  const chunk = async (_item: unknown, bytes: Uint8Array): Promise<void> => void bytes.fill(0xaa)
  return await MemoryPoint.from(await source.snapshot(noSignal), { chunk })
}

function requestFor(path: string, more: Partial<RestoreRequest> = {}): RestoreRequest {
  return { target: { kind: 'folder', path }, overwrite: false, onProgress: () => undefined, ...more }
}

function restore(
  { subject }: TestedConnector,
  point: MemoryPoint,
  path: string,
  more?: Partial<RestoreRequest>,
): Promise<RestoreReport> {
  return subject.connector.restore(point, requestFor(path, more), subject.context, noSignal)
}

function verify({ subject }: TestedConnector, point: MemoryPoint, report: RestoreReport) {
  return subject.connector.verify(point, report, subject.context, noSignal)
}

function bound({ subject }: TestedConnector) {
  return {
    connector: subject.connector,
    change: () => subject.change(),
    describe: () => subject.describe(),
    describeRestored: (report: RestoreReport) => subject.describeRestored(report),
  }
}
