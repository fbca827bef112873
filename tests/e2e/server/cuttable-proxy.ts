import type { AddressInfo } from 'node:net'
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net'

/** A wire to a server that a test can cut: what runs over it breaks, and nobody new gets through until it is mended. */
export class CuttableProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #fromServer = new Set<Socket>()
  readonly #onPassed = new Set<() => void>()
  #passedBytes = 0
  #isCut = false
  #swallows = false

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(target: NetConnectOpts): Promise<CuttableProxy> {
    const server = createServer()
    const proxy = new CuttableProxy(server)
    server.on('connection', (socket) => proxy.#join(socket, target))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Nothing comes through any more on what is connected now, and nobody is told; who connects anew gets through. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe()
      socket.pause()
    }
  }

  /** Nothing comes from the server any more on what is connected now; that the other end leaves still gets through. */
  stall(): void {
    for (const socket of this.#fromServer) {
      socket.unpipe()
      socket.pause()
    }
  }

  /** Who connects from now on gets no answer, and no refusal. */
  swallow(): void {
    this.#swallows = true
  }

  /** Resolves once so much more has come from the server. */
  async passed(bytes: number): Promise<void> {
    const through = this.#passedBytes + bytes
    while (this.#passedBytes < through) {
      const more = Promise.withResolvers<void>()
      this.#onPassed.add(more.resolve)
      await more.promise
    }
  }

  mend(): void {
    this.#isCut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.cut()
    await closed
  }

  #join(from: Socket, target: NetConnectOpts): void {
    if (this.#isCut) return void from.destroy()
    if (this.#swallows) return void this.#hold(from)
    const to = connect(target)
    this.#fromServer.add(to)
    to.on('close', () => this.#fromServer.delete(to))
    to.on('data', (chunk) => this.#count(chunk.length))
    for (const [socket, other] of [
      [from, to],
      [to, from],
    ] as const) {
      this.#sockets.add(socket)
      // Either end may go at any time: that is what it is for.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }
  #hold(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
    // Otherwise it would not be heard that the other end has left.
    socket.resume()
  }

  #count(bytes: number): void {
    this.#passedBytes += bytes
    for (const tell of this.#onPassed) tell()
    this.#onPassed.clear()
  }
}
