import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contractOperations } from '../../testing/contract-operations.ts'
import { openApiDocument } from './openapi-document.ts'

const operations = contractOperations()
const document = openApiDocument(operations, '1.2.3')
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

/** Every value of a key, however deep. */
function* valuesOf(value: unknown, key: string): Generator<unknown> {
  if (value === null || typeof value !== 'object') return
  for (const [name, inner] of Object.entries(value)) {
    if (name === key) yield inner
    yield* valuesOf(inner, key)
  }
}

test('every operation of the contract is there, under its own id', () => {
  assert.ok(operations.length >= 15)
  assert.equal(document.openapi, '3.1.1')
  assert.deepEqual(described.map(({ operation }) => operation.operationId).sort(), operations.map(({ id }) => id).sort())
  assert.equal(new Set(operations.map(({ id }) => id)).size, operations.length)
  assert.equal(new Set(described.map(({ path, method }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`)).size, operations.length)
})

test('every reference resolves, and nothing keeps definitions of its own', () => {
  const refs = [...valuesOf(document, '$ref')]
  assert.ok(refs.includes('#/components/schemas/Problem'))
  for (const ref of refs) {
    const found = String(ref)
      .replace('#/', '')
      .split('/')
      .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document)
    assert.ok(found !== undefined, String(ref))
  }
  assert.deepEqual([...valuesOf(document, '$defs')], [])
  assert.deepEqual([...valuesOf(document, '$schema')], [])
})

test('parameters of a path are those that are declared, required and once', () => {
  for (const { path, operation } of described) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const declared = operation.parameters.filter((parameter) => parameter.in === 'path')
    assert.deepEqual(declared.map(({ name }) => name).sort(), inPath.sort(), operation.operationId)
    assert.ok(declared.every(({ required }) => required))
    assert.equal(
      new Set(operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).size,
      operation.parameters.length,
    )
    for (const { schema } of operation.parameters) assert.ok(Object.keys(schema).length > 0)
  }
})

test('answers, problems and sign-in of each are told', () => {
  for (const { operation } of described) {
    const { right, status } = operations.find(({ id }) => id === operation.operationId) ?? assert.fail()
    assert.deepEqual(operation.security, right === 'public' ? [] : [{ bearer: [] }])
    const success = operation.responses[status]
    assert.equal(success?.content === undefined, status === 204)
    for (const [code, { content, description }] of Object.entries(operation.responses)) {
      assert.match(code, /^([1-5]\d\d|default)$/)
      assert.ok(description !== '')
      if (/^[45d]/.test(code)) assert.deepEqual(Object.keys(content ?? {}), ['application/problem+json'])
    }
    assert.ok(operation.responses['429']?.description.includes('request.rate'))
  }
})

test('bodies are described as they are sent, and streams as events', () => {
  const create = document.paths['/sources']?.['post']
  const body = create?.requestBody?.content?.['application/json']?.schema as {
    required: string[]
    properties: Record<string, unknown>
  }
  assert.deepEqual(body.required, ['name', 'engine', 'config'])
  assert.deepEqual(body.properties['acceptFindings'], { default: false, type: 'boolean' })
  assert.equal(create?.requestBody?.required, true)
  assert.equal(document.paths['/sources/{source}/backups']?.['post']?.requestBody?.required, false)
  assert.ok('text/event-stream' in (document.paths['/jobs/{job}/events']?.['get']?.responses['200']?.content ?? {}))
})
