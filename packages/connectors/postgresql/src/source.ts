import type { SnapshotStream, Source, SourceLog } from '@coffre/connector'
import { CoffreError, type Context, interruption } from '@coffre/foundation'
import { BaseSnapshot } from './base/base-snapshot.ts'
import { PostgresqlLog } from './capture/postgresql-log.ts'
import { ensureSlots } from './capture/slots.ts'
import { lookAtAll, type MemberState } from './cluster.ts'
import type { Access } from './connection/connect.ts'

/** A cluster that answers. Connections are made when they are needed, and end with what they were needed for. */
export class PostgresqlSource implements Source {
  readonly log?: SourceLog
  readonly #access: Access
  readonly #context: Context
  readonly #closed = new AbortController()
  #snapshot: BaseSnapshot | undefined

  private constructor(access: Access, context: Context) {
    this.#access = access
    this.#context = context
    if (access.config.keepsLog) this.log = new PostgresqlLog(access, context, this.#closed.signal)
  }

  static async open(access: Access, context: Context, signal: AbortSignal): Promise<PostgresqlSource> {
    await lookAtAll(access, context.clock, signal)
    return new PostgresqlSource(access, context)
  }

  async snapshot(signal: AbortSignal): Promise<SnapshotStream> {
    if (this.#snapshot?.isOpen === true) throw new Error('a snapshot of this source is under way')
    const both = AbortSignal.any([signal, this.#closed.signal])
    const states = await lookAtAll(this.#access, this.#context.clock, both)
    if (this.#access.config.keepsLog) await ensureSlots(this.#access, states, both)
    try {
      this.#snapshot = await BaseSnapshot.begin(this.#access, this.#choose(states), this.#context, both)
      return this.#snapshot
    } catch (error) {
      throw both.aborted ? interruption(both) : error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new CoffreError('interrupted', 'the source was closed'))
    await this.#snapshot?.[Symbol.asyncDispose]()
  }

  /** The primary, or a standby where one is preferred and there. */
  #choose(states: readonly MemberState[]): MemberState {
    const standby = states.find(({ isStandby }) => isStandby)
    const chosen = this.#access.config.prefersStandby ? (standby ?? states[0]) : states[0]
    if (chosen === undefined) throw new Error('no member answered')
    return chosen
  }
}
