import type { Socket } from 'node:net'
import { interruption, throwIfAborted } from '@coffre/foundation'
import { formatMember, type Member } from '../config.ts'
import { type Access, connect, socketOf } from './connect.ts'
import { type MessageHead, MessageReader } from './message-reader.ts'
import { parseReport, ServerError, type ServerReport } from './server-error.ts'
import { answerWithinMs } from './with-client.ts'

/** Values as the server writes them; null where it has none. */
export type Row = readonly (string | null)[]

const letter = (text: string): number => text.charCodeAt(0)
export const messages = {
  copyBothResponse: letter('W'),
  copyData: letter('d'),
  copyDone: letter('c'),
  copyOutResponse: letter('H'),
  commandComplete: letter('C'),
  dataRow: letter('D'),
  errorResponse: letter('E'),
  noticeResponse: letter('N'),
  parameterStatus: letter('S'),
  readyForQuery: letter('Z'),
  rowDescription: letter('T'),
} as const

/**
 * A connection that speaks the replication protocol. `pg` signs in; from then on the socket is ours, as its parser reuses the memory
 * that it hands out. One command at a time.
 */
export class ReplicationConnection implements AsyncDisposable {
  readonly member: Member
  readonly reader: MessageReader
  readonly #socket: Socket
  readonly #onNotice: (report: ServerReport) => void
  #awaitsAnswer = false

  private constructor(member: Member, socket: Socket, onNotice: (report: ServerReport) => void) {
    this.member = member
    this.#socket = socket
    this.#onNotice = onNotice
    this.reader = new MessageReader(socket)
    socket.on('timeout', () => this.cut(new Error(`${formatMember(member)} does not answer`)))
  }

  /** Ends at once, and whoever reads from it is told, when `signal` is aborted. */
  static async open(
    access: Access,
    member: Member,
    signal: AbortSignal,
    onNotice: (report: ServerReport) => void = () => undefined,
  ): Promise<ReplicationConnection> {
    const client = await connect(access, member, signal, { replication: true })
    throwIfAborted(signal)
    const socket = socketOf(client)
    socket.removeAllListeners('data')
    const connection = new ReplicationConnection(member, socket, onNotice)
    const cancel = () => socket.destroy(interruption(signal))
    signal.addEventListener('abort', cancel)
    socket.once('close', () => signal.removeEventListener('abort', cancel))
    return connection
  }

  /** Runs a command that answers with rows. */
  async query(command: string): Promise<readonly Row[]> {
    this.sendQuery(command)
    const rows: Row[] = []
    let failed: ServerError | undefined
    for (;;) {
      const { type } = await this.#head()
      const body = await this.reader.body()
      if (type === messages.dataRow) rows.push(parseRow(body))
      else if (type === messages.errorResponse) failed ??= new ServerError(parseReport(body))
      else if (type === messages.noticeResponse) this.#onNotice(parseReport(body))
      else if (type === messages.readyForQuery) break
    }
    if (failed !== undefined) throw failed
    return rows
  }

  /** Sends a command whose answers the caller reads. The connection ends unless the first one comes within `withinMs`. */
  sendQuery(command: string, { withinMs = answerWithinMs } = {}): void {
    this.#awaitAnswer(withinMs)
    this.#send('Q', Buffer.from(`${command}\0`))
  }

  /** The head of the next message that says something: notices are told, the server's settings passed over. */
  async next(): Promise<MessageHead> {
    for (;;) {
      const head = await this.#head()
      if (head.type === messages.noticeResponse) this.#onNotice(parseReport(await this.reader.body()))
      else if (head.type === messages.parameterStatus) await this.reader.body()
      else return head
    }
  }

  /** The next message's type, which must be one of those. An error of the server is thrown. */
  async expect(...types: readonly number[]): Promise<number> {
    const { type } = await this.next()
    if (type === messages.errorResponse) throw new ServerError(parseReport(await this.reader.body()))
    if (types.includes(type)) return type
    throw new Error(`PostgreSQL sent a message of type ${String.fromCharCode(type)}, out of turn`)
  }

  /** All rows of one answer, to its end; the server's error when it failed. */
  async readRows(): Promise<readonly Row[]> {
    const rows: Row[] = []
    await this.expect(messages.rowDescription)
    await this.reader.body()
    while ((await this.expect(messages.dataRow, messages.commandComplete)) === messages.dataRow)
      rows.push(parseRow(await this.reader.body()))
    await this.reader.body()
    return rows
  }

  /** Sends a message of a copy to the server. */
  sendCopyData(content: Buffer): void {
    this.#send('d', content)
  }

  sendCopyDone(): void {
    this.#send('c', Buffer.alloc(0))
  }

  get receivedBytes(): number {
    return this.#socket.bytesRead
  }

  /** Whether nothing can come because what came was not read yet. */
  get isResting(): boolean {
    return this.#socket.isPaused()
  }

  /** Ends it at once; whoever reads from it is told why. */
  cut(reason: Error): void {
    this.#socket.destroy(reason)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Saying goodbye would wait behind whatever the server still sends.
    this.#socket.destroy()
  }

  async #head(): Promise<MessageHead> {
    const head = await this.reader.head()
    if (this.#awaitsAnswer) this.#awaitAnswer(0)
    return head
  }

  #awaitAnswer(withinMs: number): void {
    this.#socket.setTimeout(withinMs)
    this.#awaitsAnswer = withinMs > 0
  }

  #send(type: string, content: Buffer): void {
    const head = Buffer.alloc(5)
    head.write(type, 'latin1')
    head.writeUInt32BE(content.length + 4, 1)
    this.#socket.write(Buffer.concat([head, content]))
  }
}

function parseRow(body: Buffer): Row {
  const row: (string | null)[] = []
  let at = 2
  for (let left = body.readUInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(at)
    at += 4
    row.push(length < 0 ? null : body.toString('utf8', at, at + length))
    at += Math.max(0, length)
  }
  return row
}
