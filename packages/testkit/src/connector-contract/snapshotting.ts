import assert from 'node:assert/strict'
import type { PointItem } from '@coffre/connector'
import { noSignal } from './connector-subject.ts'
import type { ConnectorTest } from './connector-test.ts'
import { MemoryPoint } from './memory-point.ts'

export function snapshottingContract(test: ConnectorTest): void {
  test('items come in the order of a walk: folders first, no path twice, none that leads elsewhere', async (tested) => {
    await using source = await tested.open()
    const seen = new Map<string, PointItem['kind']>()
    const watcher = {
      async item({ kind, path, metadata }: PointItem): Promise<void> {
        assert.ok(!seen.has(path), `${path} came twice`)
        const segments = path.split('/')
        assert.ok(!segments.some((segment) => ['', '.', '..'].includes(segment)), `${path} is no path of a point`)
        const folder = segments.slice(0, -1).join('/')
        assert.ok(folder === '' || seen.get(folder) === 'folder', `${path} came before its folder`)
        assert.ok(Number.isInteger(metadata.mode) && metadata.mode >= 0 && metadata.mode <= 0o7777, `${path}: mode`)
        assert.ok(Number.isFinite(metadata.modifiedMs), `${path}: time`)
        seen.set(path, kind)
      },
    }
    await MemoryPoint.from(await source.snapshot(noSignal), watcher)
    assert.ok([...seen.values()].includes('file'))
  })

  test('a content is read once: what was read ends, and yields no more', async (tested) => {
    await using source = await tested.open()
    const stream = await source.snapshot(noSignal)
    let files = 0
    for await (const item of stream.items) {
      if (item.kind !== 'file') continue
      files++
      for await (const _ of item.content);
      const again = item.content[Symbol.asyncIterator]()
      const { done } = await again.next().catch(() => ({ done: true }))
      assert.equal(done, true, `${item.path} was read twice`)
    }
    assert.ok(files > 0)
    await stream.finish()
  })

  test('the manifest tells engine, version, time and counts, in plain JSON', async (tested) => {
    await using source = await tested.open()
    const { manifest, end } = await MemoryPoint.from(await source.snapshot(noSignal))
    assert.equal(manifest.engine, tested.subject.connector.engine)
    assert.notEqual(manifest.engineVersion, '')
    assert.ok(manifest.layout >= 1)
    assert.equal(new Date(manifest.consistentAt).toISOString().slice(0, 10), manifest.consistentAt.slice(0, 10))
    assert.ok(Object.keys(manifest.counts).length > 0)
    for (const [object, count] of Object.entries(manifest.counts)) assert.ok(Number.isInteger(count) && count >= 0, object)
    assert.deepEqual(JSON.parse(JSON.stringify(manifest)), manifest)
    assert.equal(manifest.begin !== undefined, tested.isContinuous)
    tested.assertNoSecret(manifest)
    tested.assertNoSecret(end)
    assert.deepEqual(end.skipped, [])
    assert.deepEqual(
      end.findings.filter(({ severity }) => severity === 'error'),
      [],
    )
  })

  test('snapshots can be taken one after the other, each of its own time', async (tested) => {
    await using source = await tested.open()
    const first = await MemoryPoint.from(await source.snapshot(noSignal))
    await tested.subject.change()
    await tested.subject.passTime(1000)
    const second = await MemoryPoint.from(await source.snapshot(noSignal))
    assert.ok(Date.parse(second.manifest.consistentAt) >= Date.parse(first.manifest.consistentAt))
    const [a, b] = [first.manifest.begin, second.manifest.begin]
    if (a !== undefined && b !== undefined && a.branch === b.branch) assert.ok(a.offset < b.offset, 'the log went on in between')
    const [before, after] = [first, second].map((point) => describePoint(point))
    assert.notDeepEqual(before, after)
  })
}

function describePoint(point: MemoryPoint): unknown {
  return point.paths.map((path) => {
    try {
      return [path, point.contentOf(path).toString('base64')]
    } catch {
      // A folder or a link.
      return [path]
    }
  })
}
