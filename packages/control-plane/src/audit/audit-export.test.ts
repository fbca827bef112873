import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { newId } from '../catalogue/new-id.ts'
import { makeProject, startTestCatalogue, type TestCatalogue } from '../testing/test-catalogue.ts'
import { exportAudit } from './audit-export.ts'
import { AuditLog } from './audit-log.ts'
import { type AuditSink, auditSink } from './audit-sink.ts'

const signal = new AbortController().signal
let its: TestCatalogue
let audit: AuditLog

before(async () => {
  its = await startTestCatalogue()
  audit = new AuditLog(its.catalogue, systemContext)
})
after(() => its[Symbol.asyncDispose]())

async function organisation(entries: number): Promise<string> {
  const { orgId } = await makeProject(its.catalogue, systemContext, newId(systemContext))
  await act(orgId, entries)
  return orgId
}

async function act(orgId: string, entries: number): Promise<void> {
  const rest = {
    projectId: null,
    principal: 'user:a',
    target: null,
    outcome: 'ALLOWED',
    code: null,
    address: null,
    requestId: null,
  } as const
  for (let n = 0; n < entries; n++) await audit.append({ ...rest, orgId, operation: `vaults.act-${n}`, detail: { n } })
}

const exportTo = (orgId: string, sink: AuditSink) => exportAudit(its.catalogue, systemContext, orgId, sink, signal)
const operations = (lines: readonly string[]) => lines.map((line) => (JSON.parse(line) as { operation: string }).operation)

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('each entry goes out once and in order, and later only what came since; other organisations stay out', async () => {
  const orgId = await organisation(3)
  await organisation(2)
  const lines: string[] = []
  const sink: AuditSink = { write: (some) => Promise.resolve(void lines.push(...some)) }
  assert.equal(await exportTo(orgId, sink), 3)
  assert.equal(await exportTo(orgId, sink), 0)
  await act(orgId, 2)
  assert.equal(await exportTo(orgId, sink), 2)
  assert.deepEqual(operations(lines), ['vaults.act-0', 'vaults.act-1', 'vaults.act-2', 'vaults.act-0', 'vaults.act-1'])
  assert.match(lines[0] ?? '', /"hash":"[0-9a-f]{64}"/)
})

test('what could not be sent is sent the next time', async () => {
  const orgId = await organisation(2)
  await assert.rejects(exportTo(orgId, { write: () => Promise.reject(new Error('away')) }), /away/)
  const lines: string[] = []
  assert.equal(await exportTo(orgId, { write: (some) => Promise.resolve(void lines.push(...some)) }), 2)
})

test('to a file, for its owner only', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-audit-'))
  t.after(() => rm(folder, { recursive: true }))
  const orgId = await organisation(2)
  const path = join(folder, 'audit log.jsonl')
  await exportTo(orgId, auditSink(`file:${encodeURI(path)}`))
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  assert.deepEqual(operations(lines), ['vaults.act-0', 'vaults.act-1'])
})

test('to a syslog by datagrams and by a stream', async () => {
  const orgId = await organisation(2)
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const messages: string[] = []
  const both = new Promise<void>((resolve) =>
    socket.on('message', (message) => {
      messages.push(message.toString())
      if (messages.length === 2) resolve()
    }),
  )
  await exportTo(orgId, auditSink(`syslog://127.0.0.1:${socket.address().port}`))
  await both
  socket.close()
  assert.match(messages[0] ?? '', /^<110>1 \d{4}-\d\d-\d\dT\S+Z \S+ coffre \d+ audit - \{.*"vaults\.act-0"/)

  await act(orgId, 1)
  const received = Promise.withResolvers<string>()
  const server = createServer((connection) => {
    let text = ''
    connection.on('data', (chunk) => {
      text += String(chunk)
    })
    connection.on('end', () => received.resolve(text))
  })
  await exportTo(orgId, auditSink(`syslog+tcp://127.0.0.1:${await listening(server)}`))
  const text = await received.promise
  server.close()
  const [, length = '', message = ''] = /^(\d+) (.*)$/s.exec(text) ?? []
  assert.equal(Buffer.byteLength(message), Number(length))
  assert.match(message, /^<110>1 /)
})

test('to a URL, which must take it', async () => {
  const orgId = await organisation(2)
  const statuses = [503, 204]
  const bodies: string[] = []
  const server = createHttpServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(statuses.shift() ?? 500).end()
    })
  })
  const sink = auditSink(`http://127.0.0.1:${await listening(server)}/audit`)
  await assert.rejects(exportTo(orgId, sink), /503/)
  assert.equal(await exportTo(orgId, sink), 2)
  server.close()
  assert.equal(bodies[0], bodies[1])
  assert.equal(bodies[1]?.trimEnd().split('\n').length, 2)
})

test('what names no place is refused', () => {
  for (const target of ['', 'audit.log', 'ftp://host/x']) assert.throws(() => auditSink(target), { code: 'usage.invalid' })
})
