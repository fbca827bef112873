import { createSocket } from 'node:dgram'
import { open } from 'node:fs/promises'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import { CoffreError } from '@coffre/foundation'

/** Where the audit log is exported to, besides being kept. Lines are JSON, without line breaks. */
export interface AuditSink {
  /** Resolves once they are there, as far as the way lets one know; rejects when they are not. */
  write(lines: readonly string[], signal: AbortSignal): Promise<void>
}

const timeoutMs = 10_000
/** RFC 5424: facility 13, log audit; severity 6, informational. */
const priority = 13 * 8 + 6
/** What every receiver of RFC 5426 takes over a network; longer ones may be cut. */
const datagramBytesMax = 65_000

/** `file:/path`, `syslog://host:514` (UDP), `syslog+tcp://host:601`, or a URL of http or https. `usage.invalid` for what is none of them. */
export function auditSink(target: string): AuditSink {
  const url = URL.parse(target)
  switch (url?.protocol) {
    case 'file:':
      return { write: (lines) => appendTo(decodeURIComponent(url.pathname), lines) }
    case 'syslog:':
      return { write: (lines) => sendDatagrams(url.hostname, Number(url.port || 514), lines) }
    case 'syslog+tcp:':
      return { write: (lines, signal) => sendStream(url.hostname, Number(url.port || 601), lines, signal) }
    case 'http:':
    case 'https:':
      return { write: (lines, signal) => post(target, lines, signal) }
    default:
      throw new CoffreError('usage.invalid', 'COFFRE_AUDIT_EXPORT names no place to export to', {
        hint: 'Give file:/path, syslog://host:514, syslog+tcp://host:601, or a URL of http or https.',
      })
  }
}

async function appendTo(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.appendFile(lines.map((line) => `${line}\n`).join(''))
    await file.datasync()
  } finally {
    await file.close()
  }
}

async function sendDatagrams(host: string, port: number, lines: readonly string[]): Promise<void> {
  const socket = createSocket('udp4')
  try {
    for (const line of lines) {
      const message = Buffer.from(syslogMessage(line)).subarray(0, datagramBytesMax)
      await new Promise<void>((resolve, reject) =>
        socket.send(message, port, host, (error) => (error === null ? resolve() : reject(error))),
      )
    }
  } finally {
    socket.close()
  }
}

/** Each message with its length before it (RFC 6587, octet counting). */
async function sendStream(host: string, port: number, lines: readonly string[], signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port, signal, timeout: timeoutMs })
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('timeout', () => socket.destroy(new Error('it does not answer')))
    // Its end is told only after everything before it was taken.
    socket.on('close', (hadError) => {
      if (!hadError) resolve()
    })
    const messages = lines.map((line) => Buffer.from(syslogMessage(line)))
    socket.end(Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.byteLength} `), message])))
    socket.resume()
  })
}

async function post(url: string, lines: readonly string[], signal: AbortSignal): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => `${line}\n`).join(''),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`it answered ${response.status}`)
}

function syslogMessage(line: string): string {
  const { at } = JSON.parse(line) as { readonly at: string }
  return `<${priority}>1 ${at} ${hostname()} coffre ${process.pid} audit - ${line}`
}
