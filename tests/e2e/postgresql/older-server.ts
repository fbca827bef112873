import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import type { PostgresServer } from '@coffre/testkit'

/** A real server of version 15 that says, in all it answers, that it is of version 14. */
export class OlderServer implements AsyncDisposable {
  readonly #listener: Server
  readonly #sockets: ReadonlySet<Socket>

  private constructor(listener: Server, sockets: ReadonlySet<Socket>) {
    this.#listener = listener
    this.#sockets = sockets
  }

  static async before({ port }: PostgresServer): Promise<OlderServer> {
    const sockets = new Set<Socket>()
    const listener = createServer((client) => {
      const server = connect({ host: '127.0.0.1', port })
      client.pipe(server)
      server.pipe(madeOlder()).pipe(client)
      for (const socket of [client, server]) {
        sockets.add(socket)
        // Either end may go at any time.
        socket.on('error', () => undefined)
      }
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    return new OlderServer(listener, sockets)
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#listener.close(resolve))
  }
}

/** What is said of a version is replaced by as many letters: the lengths of messages stay what they are. */
function madeOlder(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = chunk.toString('latin1').replaceAll(/15(?=\.\d+|00\d\d)/g, '14')
      done(null, Buffer.from(text, 'latin1'))
    },
  })
}
