import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { loadMasterKey } from './master-key.ts'
import { SecretBox } from './secret-box.ts'

test('what was sealed opens under its own id and purpose only, and no bit of it may change', (t) => {
  const random = new SeededRandom(testSeed(t.name))
  const box = new SecretBox({ id: 'one', bytes: Buffer.from(random.bytes(32)) }, random)
  const secret = Buffer.from('correct horse')
  const sealed = box.seal('a', 'source', secret)
  assert.deepEqual(box.open('a', 'source', 'one', sealed), secret)
  assert.ok(!sealed.includes(secret))
  assert.notDeepEqual(box.seal('a', 'source', secret), sealed)
  const refused = { code: 'secret.unreadable' }
  assert.throws(() => box.open('b', 'source', 'one', sealed), refused)
  assert.throws(() => box.open('a', 'vault', 'one', sealed), refused)
  assert.throws(() => box.open('a', 'source', 'two', sealed), refused)
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.throws(() => box.open('a', 'source', 'one', changed), refused)
  }
  for (let length = 0; length < sealed.length; length++)
    assert.throws(() => box.open('a', 'source', 'one', sealed.subarray(0, length)), refused)
})

test('the master key is made once, is for its owner alone, and is never replaced', async (t) => {
  const random = new SeededRandom(testSeed(t.name))
  const folder = await mkdtemp(join(tmpdir(), 'coffre-master-key-'))
  t.after(() => rm(folder, { recursive: true }))
  const [one, two] = await Promise.all([loadMasterKey(folder, random), loadMasterKey(folder, random)])
  assert.deepEqual(one, two)
  assert.deepEqual(await loadMasterKey(folder, random), one)
  assert.equal((await stat(join(folder, 'master-key'))).mode & 0o777, 0o600)
  await writeFile(join(folder, 'master-key'), 'short')
  await assert.rejects(loadMasterKey(folder, random), { code: 'secret.master-key' })
})
