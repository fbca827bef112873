import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byteStringFrom } from '@coffre/foundation'
import { goJsonBytes, goJsonRaw, goJsonString } from './go-json.ts'

test('strings are escaped as Go escapes them', () => {
  const table: readonly (readonly [string, string])[] = [
    ['', '""'],
    ['plain ~', '"plain ~"'],
    ['"\\', '"\\"\\\\"'],
    ['<a>&b', '"\\u003ca\\u003e\\u0026b"'],
    ['\b\f\n\r\t', '"\\b\\f\\n\\r\\t"'],
    ['\u0000\u0007\u000b\u001f\u007f', '"\\u0000\\u0007\\u000b\\u001f\u007f"'],
    ['\u2027\u2028\u2029\u202a', '"\u2027\\u2028\\u2029\u202a"'],
    ['é 日本 😀', '"é 日本 😀"'],
    [byteStringFrom(Buffer.of(0x61, 0xff, 0xc3, 0x28, 0xf0, 0x9f)), '"a\\ufffd\\ufffd(\\ufffd\\ufffd"'],
    [`😀${byteStringFrom(Buffer.of(0x80))}😀`, '"😀\\ufffd😀"'],
  ]
  for (const [text, json] of table) assert.equal(goJsonString(text), json)
})

test('raw JSON becomes HTML-safe, bytes become base64', () => {
  assert.equal(goJsonRaw('{"a<":"&\u2028","b":[1,2]}'), '{"a\\u003c":"\\u0026\\u2028","b":[1,2]}')
  assert.equal(goJsonBytes(Buffer.from('ab?>').subarray(1)), '"Yj8+"')
  assert.equal(goJsonBytes(new Uint8Array(0)), '""')
})
