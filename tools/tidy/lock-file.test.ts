import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addMissingEntries, type LockFile, missingEntries } from './lock-file.ts'

function lockWith(names: readonly string[]): LockFile {
  return {
    packages: {
      '': {},
      'node_modules/parent': {
        version: '1.0.0',
        dev: true,
        license: 'MIT',
        optionalDependencies: Object.fromEntries(names.map((n) => [n, '1.0.0'])),
      },
      'node_modules/parent/node_modules/own-linux-x64': { version: '1.0.0' },
      'node_modules/shared-linux-x64': { version: '1.0.0' },
    },
  }
}

test('entries in the own and in the shared folder count as there', () => {
  assert.deepEqual(missingEntries(lockWith(['own-linux-x64', 'shared-linux-x64'])), [])
})

test('a missing entry is found and added with its platform', () => {
  const lock = lockWith(['@s/p-linux-arm64-musl', '@s/p-darwin-x64'])
  assert.equal(missingEntries(lock).length, 2)
  addMissingEntries(lock)
  assert.deepEqual(missingEntries(lock), [])
  assert.deepEqual(lock.packages['node_modules/@s/p-linux-arm64-musl'], {
    version: '1.0.0',
    cpu: ['arm64'],
    dev: true,
    libc: ['musl'],
    license: 'MIT',
    optional: true,
    os: ['linux'],
  })
  assert.deepEqual(lock.packages['node_modules/@s/p-darwin-x64']?.os, ['darwin'])
})

test('a name that tells no platform is an error, never a guess', () => {
  assert.throws(() => addMissingEntries(lockWith(['p-something'])), /cannot tell the platform of p-something@1.0.0/)
})
