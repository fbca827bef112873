import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeConfig, encodeConfig } from './config-codec.ts'
import { decodeKey, encodeKey, type KeyContent } from './key-codec.ts'
import { decodeLock, encodeLock, type LockContent } from './lock-codec.ts'
import type { Snapshot } from './snapshot.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.ts'

const id = 'ab'.repeat(32)
const time = '2026-11-21T10:54:20.123456789+01:00'

test('snapshots', () => {
  const bare: Snapshot = { time, tree: id, paths: [] }
  assert.equal(encodeSnapshot(bare).toString(), `{"time":"${time}","tree":"${id}","paths":[]}`)
  assert.deepEqual(decodeSnapshot(encodeSnapshot(bare)), bare)
  const full: Snapshot = {
    ...bare,
    parent: id,
    paths: ['/a', '/b&c'],
    hostname: 'h',
    username: 'u',
    uid: 1,
    gid: 2,
    excludes: ['*.o'],
    tags: ['t'],
    original: id,
    programVersion: 'restic 0.18.1',
    summary: {
      backupStart: time,
      backupEnd: time,
      filesNew: 1,
      filesChanged: 2,
      filesUnmodified: 3,
      dirsNew: 4,
      dirsChanged: 5,
      dirsUnmodified: 6,
      dataBlobs: 7,
      treeBlobs: 8,
      dataAdded: 9,
      dataAddedPacked: 10,
      totalFilesProcessed: 11,
      totalBytesProcessed: 12,
    },
  }
  assert.equal(
    encodeSnapshot(full).toString(),
    `{"time":"${time}","parent":"${id}","tree":"${id}","paths":["/a","/b\\u0026c"],"hostname":"h","username":"u","uid":1,"gid":2,` +
      `"excludes":["*.o"],"tags":["t"],"original":"${id}","program_version":"restic 0.18.1",` +
      `"summary":{"backup_start":"${time}","backup_end":"${time}","files_new":1,"files_changed":2,"files_unmodified":3,` +
      '"dirs_new":4,"dirs_changed":5,"dirs_unmodified":6,"data_blobs":7,"tree_blobs":8,"data_added":9,"data_added_packed":10,' +
      '"total_files_processed":11,"total_bytes_processed":12}}',
  )
  assert.deepEqual(decodeSnapshot(encodeSnapshot(full)), full)
  assert.deepEqual(decodeSnapshot(encodeSnapshot({ ...bare, tags: [], hostname: '', uid: 0 })), bare)
  for (const json of [
    '{}',
    `{"tree":null,"time":"${time}"}`,
    `{"tree":"${id}","time":"now"}`,
    `{"tree":"${id}","paths":"/"}`,
    '[]',
    'x',
  ]) {
    assert.throws(() => decodeSnapshot(Buffer.from(json)), { code: 'repository.damaged' }, json)
  }
})

test('locks', () => {
  const lock: LockContent = { time, exclusive: true, hostname: 'h<1>', username: 'u', pid: 7, uid: 0, gid: 5 }
  assert.equal(
    encodeLock(lock).toString(),
    `{"time":"${time}","exclusive":true,"hostname":"h\\u003c1\\u003e","username":"u","pid":7,"gid":5}`,
  )
  assert.deepEqual(decodeLock(encodeLock(lock)), lock)
  assert.throws(() => decodeLock(Buffer.from('{"exclusive":1}')), { code: 'repository.damaged' })
})

test('keys', () => {
  const key: KeyContent = {
    created: time,
    username: 'u',
    hostname: 'h',
    kdf: 'scrypt',
    scryptN: 32768,
    scryptR: 8,
    scryptP: 5,
    salt: Buffer.of(1, 2),
    data: Buffer.of(255),
  }
  assert.equal(
    encodeKey(key).toString(),
    `{"created":"${time}","username":"u","hostname":"h","kdf":"scrypt","N":32768,"r":8,"p":5,"salt":"AQI=","data":"/w=="}`,
  )
  assert.deepEqual(decodeKey(encodeKey(key)), key)
  assert.throws(() => decodeKey(Buffer.from('{"salt":"%%"}')), { code: 'repository.damaged' })
})

test('configs', () => {
  const config = { version: 2, id, chunkerPolynomial: '2cdad2c1931f73' } as const
  assert.equal(encodeConfig(config).toString(), `{"version":2,"id":"${id}","chunker_polynomial":"2cdad2c1931f73"}`)
  assert.deepEqual(decodeConfig(encodeConfig(config)), config)
  const changed = (from: string, to: string): Buffer => Buffer.from(encodeConfig(config).toString().replace(from, to))
  assert.equal(decodeConfig(changed('"version":2', '"version":1')).version, 1)
  assert.throws(() => decodeConfig(changed('"version":2', '"version":3')), { code: 'repository.format-newer' })
  assert.throws(() => decodeConfig(changed('"version":2', '"version":0')), { code: 'repository.damaged' })
  assert.throws(() => decodeConfig(changed('31f73', '31f72')), { code: 'repository.damaged' })
  assert.throws(() => decodeConfig(changed('"chunker_polynomial"', '"polynomial"')), { code: 'repository.damaged' })
})
