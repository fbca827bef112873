import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { Client } from './client.ts'
import { defineOperation } from './operation.ts'

const nothing = z.object({})
const watchNumbers = defineOperation({
  id: 'numbers.watch',
  method: 'GET',
  path: '/numbers',
  summary: 'Numbers as they come',
  description: 'One event for each number.',
  right: 'public',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: z.number(),
  isStream: true,
  problems: [],
})

const clientOf = (body: ReadableStream<Uint8Array>) =>
  new Client({ url: 'http://127.0.0.1', fetch: () => Promise.resolve(new Response(body)) })

test('events are read whatever pieces they come in', async () => {
  const text = ': stream\n\ndata: 1\n\n: heartbeat\n\nid: x\ndata: 2\n\ndata: 3\n\n'
  const pieces = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte))
  const seen: number[] = []
  for await (const number of clientOf(ReadableStream.from(pieces)).stream(watchNumbers, {})) seen.push(number)
  assert.deepEqual(seen, [1, 2, 3])
})

test('who has seen enough goes on, even if the connection never says that it ended', async () => {
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from('data: 1\n\n')),
    cancel: () => {
      isCancelled = true
      return new Promise(() => undefined)
    },
  })
  const events = clientOf(body).stream(watchNumbers, {})
  assert.deepEqual(await events.next(), { done: false, value: 1 })
  assert.deepEqual(await events.return(undefined), { done: true, value: undefined })
  assert.equal(isCancelled, true)
})
