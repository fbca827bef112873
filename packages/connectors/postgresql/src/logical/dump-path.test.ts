import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dumpPath } from './logical-details.ts'

for (const [name, path] of [
  ['shop', 'databases/shop.dump'],
  ['Shop_2.old-x', 'databases/Shop_2.old-x.dump'],
  ['a/b c', 'databases/a%2Fb%20c.dump'],
  ['..', 'databases/%2E..dump'],
  ['.hidden', 'databases/%2Ehidden.dump'],
  ['100%', 'databases/100%25.dump'],
  ['été', 'databases/%C3%A9t%C3%A9.dump'],
] as const) {
  test(`the dump of ${name} lies at ${path}`, () => assert.equal(dumpPath(name), path))
}
