import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ResticOracle, SeededRandom, testSeed } from '@coffre/testkit'
import { RabinCutter } from './rabin-cutter.ts'

test('Rabin cuts are those of restic', async () => {
  const mebi = 1024 * 1024
  const random = new SeededRandom(testSeed('rabin-cutter.restic'))
  const content = Buffer.concat([
    random.bytes(40 * mebi + random.integer(mebi)),
    Buffer.alloc(19 * mebi + random.integer(mebi), 'A'),
    random.bytes(3 * mebi),
    Buffer.alloc(3 * mebi),
    random.bytes(random.integer(2 * mebi)),
  ])
  await using oracle = await ResticOracle.create()
  await writeFile(join(oracle.folder, 'content'), content)
  await oracle.run(['backup', 'content', '--quiet'])
  const { chunker_polynomial: polynomial } = JSON.parse((await oracle.run(['cat', 'config'])).toString())
  const [snapshot] = await oracle.list('snapshots')
  const tree = JSON.parse((await oracle.run(['cat', 'tree', String(snapshot)])).toString())

  const cutter = new RabinCutter(polynomial)
  const ids: string[] = []
  for (let begin = 0; begin < content.length; ) {
    const length = cutter.next(content, begin, content.length, true) ?? assert.fail('undecided at the end')
    ids.push(
      createHash('sha256')
        .update(content.subarray(begin, begin + length))
        .digest('hex'),
    )
    begin += length
  }
  assert.deepEqual(ids, tree.nodes[0].content)
  assert.ok(ids.length > 20)
})
