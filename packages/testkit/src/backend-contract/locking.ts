import assert from 'node:assert/strict'
import { hourMs } from '@coffre/foundation'
import type { Backend, ObjectLock, RetentionMode } from '@coffre/storage'
import { collected, config, fileOf, listed, load, noSignal, pattern, saved, withCode } from './contract-subject.ts'
import type { SubjectTest } from './subject-test.ts'

export function lockingContract(test: SubjectTest): void {
  const lockTest = (title: string, body: (backend: Backend, lock: ObjectLock) => Promise<void>): void =>
    test(title, async ({ backend }) => {
      if (!backend.abilities.objectLock) return
      assert.ok(backend.objectLock)
      await body(backend, backend.objectLock)
    })

  /** A pack saved under a retention of one hour, and the id of its version. */
  const locked = async (backend: Backend, lock: ObjectLock, mode: RetentionMode, salt = 0) => {
    const until = new Date(Math.floor((await lock.storeTime(noSignal)).getTime() / 1000) * 1000 + hourMs)
    const body = pattern(1000, salt)
    const file = fileOf('pack', body)
    const { versionId } = await backend.save(file, [body], { retention: { mode, until } }, noSignal)
    assert.ok(versionId)
    return { file, body, versionId, until }
  }

  lockTest('a save under retention holds from the same request on, for large bodies too', async (backend, lock) => {
    const { file, versionId, until } = await locked(backend, lock, 'compliance')
    assert.deepEqual(await lock.retention(file, versionId, noSignal), { mode: 'compliance', until })
    const large = pattern(17 << 20)
    const pack = fileOf('pack', large)
    const { versionId: second } = await backend.save(pack, [large], { retention: { mode: 'governance', until } }, noSignal)
    assert.ok(second)
    assert.deepEqual(await lock.retention(pack, second, noSignal), { mode: 'governance', until })
  })

  for (const mode of ['governance', 'compliance'] as const) {
    lockTest(`a version under ${mode} retention cannot be removed, hidden it can be read`, async (backend, lock) => {
      const { file, body, versionId } = await locked(backend, lock, mode)
      await assert.rejects(lock.removeVersion(file, versionId, noSignal), withCode('storage.locked'))
      await backend.remove(file, noSignal)
      assert.equal(await backend.stat(file, noSignal), undefined)
      assert.deepEqual(await listed(backend, 'pack'), [])
      assert.deepEqual(await lock.loadVersion(file, versionId, undefined, noSignal), body)
      assert.deepEqual(await lock.loadVersion(file, versionId, { offset: 10, length: 20 }, noSignal), body.subarray(10, 30))
      const [marker, version, ...others] = await lock.versionsOf(file, noSignal)
      assert.deepEqual([marker?.isMarker, marker?.isLatest, version?.isMarker, version?.isLatest], [true, true, false, false])
      assert.deepEqual([version?.versionId, version?.sizeBytes, others.length], [versionId, 1000, 0])
      assert.ok(marker)
      await lock.removeVersion(file, marker.versionId, noSignal)
      assert.deepEqual(await load(backend, file), body)
    })

    lockTest(`a ${mode} retention can be lengthened, not shortened`, async (backend, lock) => {
      const { file, versionId, until } = await locked(backend, lock, mode)
      const later = new Date(until.getTime() + hourMs)
      await lock.extend(file, versionId, { mode, until: later }, noSignal)
      await lock.extend(file, versionId, { mode, until: later }, noSignal)
      await assert.rejects(lock.extend(file, versionId, { mode, until }, noSignal), withCode('storage.locked'))
      assert.deepEqual(await lock.retention(file, versionId, noSignal), { mode, until: later })
    })
  }

  lockTest('a compliance retention cannot become governance', async (backend, lock) => {
    const { file, versionId, until } = await locked(backend, lock, 'compliance')
    const later = new Date(until.getTime() + hourMs)
    await assert.rejects(lock.extend(file, versionId, { mode: 'governance', until: later }, noSignal), withCode('storage.locked'))
  })

  lockTest('a retention can be put on a file that was saved without', async (backend, lock) => {
    const body = pattern(100)
    const file = fileOf('index', body)
    const { versionId } = await backend.save(file, [body], {}, noSignal)
    assert.ok(versionId)
    assert.equal(await lock.retention(file, versionId, noSignal), undefined)
    const until = new Date(Math.floor((await lock.storeTime(noSignal)).getTime() / 1000) * 1000 + hourMs)
    await lock.extend(file, versionId, { mode: 'governance', until }, noSignal)
    assert.deepEqual(await lock.retention(file, versionId, noSignal), { mode: 'governance', until })
  })

  lockTest('a legal hold keeps a version until it is lifted', async (backend, lock) => {
    const body = pattern(100)
    const file = fileOf('key', body)
    const { versionId } = await backend.save(file, [body], {}, noSignal)
    assert.ok(versionId)
    assert.equal(await lock.isHeld(file, versionId, noSignal), false)
    await lock.legalHold(file, versionId, true, noSignal)
    await lock.legalHold(file, versionId, true, noSignal)
    assert.equal(await lock.isHeld(file, versionId, noSignal), true)
    await assert.rejects(lock.removeVersion(file, versionId, noSignal), withCode('storage.locked'))
    await lock.legalHold(file, versionId, false, noSignal)
    assert.equal(await lock.isHeld(file, versionId, noSignal), false)
    await lock.removeVersion(file, versionId, noSignal)
    await lock.removeVersion(file, versionId, noSignal)
    assert.deepEqual(await lock.versionsOf(file, noSignal), [])
  })

  lockTest('versions lists every version and marker of the type once', async (backend, lock) => {
    const body = pattern(10)
    const file = fileOf('lock', body)
    for (let round = 0; round < 3; round++) {
      await saved(backend, file, body)
      await backend.remove(file, noSignal)
    }
    await saved(backend, fileOf('lock', pattern(11)), pattern(11))
    await saved(backend, config, body)
    await saved(backend, config, body)
    const found = await collected(lock.versions('lock', noSignal))
    assert.equal(found.length, 7)
    assert.equal(new Set(found.map((version) => version.versionId)).size, 7)
    assert.equal(found.filter((version) => version.isMarker).length, 3)
    assert.equal(found.filter((version) => version.isLatest).length, 2)
    assert.equal((await collected(lock.versions('config', noSignal))).length, 2)
  })

  lockTest('versions of what is not there are missing, and their removal no error', async (backend, lock) => {
    const { file, versionId } = await locked(backend, lock, 'governance')
    const absent = fileOf('pack', pattern(3))
    assert.deepEqual(await lock.versionsOf(absent, noSignal), [])
    await lock.removeVersion(absent, versionId, noSignal)
    await assert.rejects(lock.loadVersion(absent, versionId, undefined, noSignal), withCode('storage.missing'))
    await assert.rejects(lock.retention(absent, versionId, noSignal), withCode('storage.missing'))
    await assert.rejects(lock.loadVersion(file, versionId, { offset: 990, length: 20 }, noSignal), withCode('storage.truncated'))
  })

  lockTest('the store tells its time, and whether it locks by itself', async (_backend, lock) => {
    const time = await lock.storeTime(noSignal)
    assert.ok(time.getTime() > Date.UTC(2020, 0))
    assert.equal(time.getMilliseconds(), 0)
    assert.equal(await lock.defaultRetention(noSignal), undefined)
    await assert.rejects(lock.storeTime(AbortSignal.abort()), withCode('interrupted'))
  })
}
