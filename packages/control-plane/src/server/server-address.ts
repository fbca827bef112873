import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Tells the command line on the same machine where the server listens, for as long as it does. */
export class ServerAddress implements AsyncDisposable {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  static async publish(stateFolder: string, url: string): Promise<ServerAddress> {
    const path = join(stateFolder, 'server.json')
    const partial = `${path}.partial`
    await writeFile(partial, `${JSON.stringify({ url, pid: process.pid })}\n`, { mode: 0o644 })
    await rename(partial, path)
    return new ServerAddress(path)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { force: true })
  }
}
