import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { SeededRandom, testSeed } from '@coffre/testkit'
import { MessageReader } from './message-reader.ts'
import { RecyclingSocket } from './recycling-socket.ts'

const kinds = { recycling: () => new RecyclingSocket(), plain: () => new Socket() }

for (const [kind, newSocket] of Object.entries(kinds)) {
  test(`${kind}: messages of any size come as they were sent, and a part stays as it is until more is asked for`, async () => {
    const random = new SeededRandom(testSeed('messages'))
    const bodies = Array.from({ length: 300 }, (_, at) => Buffer.from(random.bytes(at % 10 === 0 ? 400_000 : random.integer(3000))))
    await using link = await connectedTo(newSocket, async (write) => {
      const all = Buffer.concat(bodies.map(message))
      for (let at = 0; at < all.length; ) {
        const length = 1 + random.integer(random.integer(2) === 0 ? 200 : 300_000)
        await write(all.subarray(at, at + length))
        at += length
      }
    })
    const reader = new MessageReader(link.socket)
    for (const body of bodies) {
      assert.deepEqual(await reader.head(), { type: 100, length: body.length })
      let seen = 0
      for (let part = await reader.part(); part !== undefined; part = await reader.part()) {
        // Others arrive meanwhile.
        await new Promise((resolve) => setImmediate(resolve))
        assert.ok(part.equals(body.subarray(seen, seen + part.length)))
        seen += part.length
      }
      assert.equal(seen, body.length)
    }
    await assert.rejects(reader.head(), (error) => isCoffreError(error, 'source.unreachable'))
  })
}

test('what arrives one after the other lies in the same few pieces of memory', async () => {
  const body = Buffer.alloc(60_000, 7)
  let wanted = Promise.withResolvers<void>()
  await using link = await connectedTo(
    () => new RecyclingSocket(),
    async (write) => {
      for (let sent = 0; sent < 30; sent++) {
        await write(message(body))
        await wanted.promise
        wanted = Promise.withResolvers()
      }
    },
  )
  const reader = new MessageReader(link.socket)
  const memory = new Set<ArrayBufferLike>()
  for (let seen = 0; seen < 30; seen++) {
    await reader.head()
    for (let part = await reader.part(); part !== undefined; part = await reader.part())
      if (part.buffer.byteLength > body.length) memory.add(part.buffer)
    wanted.resolve()
  }
  assert.ok(memory.size > 0 && memory.size <= 6, `${memory.size} pieces of memory`)
})

test('whoever does not read makes the sender wait, and what came in small pieces takes little memory', async () => {
  const sent = Promise.withResolvers<void>()
  let writtenBytes = 0
  const piece = message(Buffer.alloc(500, 7))
  await using link = await connectedTo(
    () => new RecyclingSocket(),
    async (write) => {
      for (; writtenBytes < 30_000_000; writtenBytes += piece.length) await write(piece)
      sent.resolve()
    },
  )
  const reader = new MessageReader(link.socket)
  const before = process.memoryUsage().arrayBuffers
  await reader.head()
  while (!link.socket.isPaused()) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(writtenBytes < 25_000_000, `${writtenBytes} bytes were sent to a reader that rests`)
  assert.ok(process.memoryUsage().arrayBuffers - before < 24_000_000)
  for (let left = 30_000_000 / piece.length - 1; left >= 1; left--) {
    await reader.body()
    await reader.head()
  }
  await sent.promise
})

function message(body: Buffer): Buffer {
  const head = Buffer.from('d....')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** A socket to a server that writes, and then ends the connection. */
async function connectedTo(newSocket: () => Socket, send: (write: (bytes: Buffer) => Promise<void>) => Promise<void>) {
  const server = createServer((peer) => {
    peer.on('error', () => undefined)
    const write = async (bytes: Buffer) => {
      if (!peer.write(bytes)) await once(peer, 'drain')
    }
    void send(write).then(() => peer.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = newSocket()
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  return {
    socket,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
