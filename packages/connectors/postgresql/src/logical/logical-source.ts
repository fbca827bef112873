import type { SnapshotStream, Source } from '@coffre/connector'
import { CoffreError, type Context, interruption } from '@coffre/foundation'
import type { Access } from '../connection/connect.ts'
import { findClientPrograms } from '../programs/find-client-programs.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { chooseMember } from './choose-member.ts'
import { listDatabases } from './list-databases.ts'
import { LogicalSnapshot } from './logical-snapshot.ts'

/** A server whose databases are dumped: it has no log that could be replayed on what it yields. */
export class LogicalSource implements Source {
  readonly #access: Access
  readonly #settings: PostgresqlSettings
  readonly #context: Context
  readonly #closed = new AbortController()
  #snapshot: LogicalSnapshot | undefined

  private constructor(access: Access, settings: PostgresqlSettings, context: Context) {
    this.#access = access
    this.#settings = settings
    this.#context = context
  }

  static async open(access: Access, settings: PostgresqlSettings, context: Context, signal: AbortSignal): Promise<LogicalSource> {
    await chooseMember(access, signal)
    return new LogicalSource(access, settings, context)
  }

  async snapshot(signal: AbortSignal): Promise<SnapshotStream> {
    if (this.#snapshot?.isOpen === true) throw new Error('a snapshot of this source is under way')
    const both = AbortSignal.any([signal, this.#closed.signal])
    try {
      const server = await chooseMember(this.#access, both)
      const programs = await findClientPrograms(server.major, this.#settings, both)
      const databases = await listDatabases(this.#access, server.member, both)
      this.#snapshot = new LogicalSnapshot({ access: this.#access, server, programs, databases }, this.#context, both)
      return this.#snapshot
    } catch (error) {
      throw both.aborted ? interruption(both) : error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new CoffreError('interrupted', 'the source was closed'))
    await this.#snapshot?.[Symbol.asyncDispose]()
  }
}
