import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goJson } from './go-json.ts'

test("JSON comes out as Go's encoder writes it", () => {
  assert.equal(goJson({ a: '<&>\u2028', b: [1, null] }), '{"a":"\\u003c\\u0026\\u003e\\u2028","b":[1,null]}')
  assert.equal(goJson({ inode: 18446744073709551615n }), '{"inode":18446744073709551615}')
  assert.equal(goJson('a\udcffb'), '"a\ufffdb"')
})
