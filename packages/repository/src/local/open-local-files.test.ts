import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { LinuxFiles } from './linux-files.ts'
import { openLocalFiles } from './open-local-files.ts'
import { PortableFiles } from './portable-files.ts'

test('on this system, native calls pass the test', () => {
  assert.ok(openLocalFiles() instanceof LinuxFiles)
})

test('without native calls, or with ones that answer wrongly, Node is asked', () => {
  const failing = () => {
    throw new Error('no library')
  }
  assert.ok(openLocalFiles(failing) instanceof PortableFiles)
  class WrongFiles extends LinuxFiles {
    override status(path: string) {
      return { ...super.status(path), uid: 12345 }
    }
  }
  assert.ok(openLocalFiles(() => new WrongFiles()) instanceof PortableFiles)
})

test('what the fallback cannot keep is refused, and reading it answers nothing', () => {
  const files = new PortableFiles()
  assert.equal(files.isExact, false)
  assert.deepEqual(files.extendedAttributes(), [])
  for (const act of [
    () => files.setExtendedAttribute('/x', { name: 'user.a', value: new Uint8Array(1) }),
    () => files.removeExtendedAttribute('/x', 'user.a'),
    () => files.makeFifo('/x'),
    () => files.makeSocket('/x'),
    () => files.makeDevice('/x'),
  ]) {
    assert.throws(act, { code: 'system.unsupported', errno: 'ENOTSUP' })
  }
})

test('threads have files of their own, at the same time', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads')
    import(${JSON.stringify(new URL('./open-local-files.ts', import.meta.url).href)}).then(({ openLocalFiles }) => {
      const files = openLocalFiles()
      let count = 0
      for (let i = 0; i < 2000; i++) {
        for (const path of [process.execPath, '/', '/none', '/proc/self/fd/0/none']) {
          try {
            count += files.status(path).permissions
          } catch (error) {
            count += error.errno.length
          }
        }
      }
      parentPort.postMessage([files.isExact, count])
    })`
  const workers = Array.from({ length: 3 }, () => new Worker(source, { eval: true }))
  const answers = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
  await Promise.all(workers.map((worker) => worker.terminate()))
  assert.equal(answers[0][0], true)
  assert.deepEqual(answers[1], answers[0])
  assert.deepEqual(answers[2], answers[0])
})
