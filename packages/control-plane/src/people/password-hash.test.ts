import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { PasswordHasher } from './password-hash.ts'

const hasher = new PasswordHasher(systemContext.random)

test('a password is hashed as OWASP has it, verified, and no other is', async () => {
  const stored = await hasher.hash('correct horse battery')
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  assert.ok(await hasher.verify('correct horse battery', stored))
  assert.ok(!(await hasher.verify('correct horse battery ', stored)))
  assert.ok(!hasher.needsRehash(stored))
  assert.notEqual(await hasher.hash('correct horse battery'), stored)
})

test('the same text in another normal form is the same password', async () => {
  const stored = await hasher.hash('déjà vu à Besançon')
  assert.ok(await hasher.verify('déjà vu à Besançon'.normalize('NFD'), stored))
})

test('a hash that the reference implementation made is known', async () => {
  const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  assert.ok(await hasher.verify('password', stored))
  assert.ok(hasher.needsRehash(stored))
})

test('nobody’s password is never right, and is worked on all the same', async () => {
  for (const nothing of [undefined, null, '', 'plain', '$argon2id$v=19$m=1,t=1$x$y'])
    assert.ok(!(await hasher.verify('x', nothing)))
  assert.ok(hasher.needsRehash('plain'))
  const begin = process.hrtime.bigint()
  await hasher.verify('x', undefined)
  const took = process.hrtime.bigint() - begin
  assert.ok(took > 2_000_000n, `${took} ns are too few for 19 MiB and two passes`)
})

test('a crowd waits for its turn, a larger one is sent away', async () => {
  const cheap = new PasswordHasher(systemContext.random, { memoryKib: 8, passes: 1, parallelism: 1 })
  const settled = await Promise.allSettled(Array.from({ length: 50 }, () => cheap.hash('x')))
  const refused = settled.filter((one) => one.status === 'rejected')
  assert.equal(refused.length, 50 - 2 - 32)
  assert.ok(refused.every(({ reason }) => reason.code === 'auth.locked'))
  await cheap.hash('afterwards')
})
