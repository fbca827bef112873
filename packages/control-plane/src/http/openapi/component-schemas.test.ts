import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ComponentSchemas } from './component-schemas.ts'

const thing = (required: string[]) => ({ type: 'object', properties: { part: { $ref: '#/$defs/Part' } }, required })
const part = { type: 'string' }

test('a named schema stands once, and whoever uses it refers to it', () => {
  const schemas = new ComponentSchemas()
  const list = { type: 'array', items: { $ref: '#/$defs/Thing' }, $defs: { Thing: thing(['part']), Part: part } }
  assert.deepEqual(schemas.add(list), { type: 'array', items: { $ref: '#/components/schemas/Thing' } })
  schemas.add(list)
  assert.deepEqual(schemas.all(), {
    Part: part,
    Thing: { type: 'object', properties: { part: { $ref: '#/components/schemas/Part' } }, required: ['part'] },
  })
})

test('what is sent may differ from what is answered', () => {
  const schemas = new ComponentSchemas()
  schemas.add({ $ref: '#/$defs/Thing', $defs: { Thing: thing(['part']), Part: part } })
  const sent = schemas.add({ $ref: '#/$defs/Thing', $defs: { Thing: thing([]), Part: part } })
  assert.deepEqual(sent, { $ref: '#/components/schemas/ThingInput' })
  assert.deepEqual(Object.keys(schemas.all()), ['Part', 'Thing', 'ThingInput'])
})
