import { type AnswerOf, ApiProblem, Client, type ClientInput, type Operation } from '@coffre/api-contract'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import type { ServerCall } from '../command.ts'
import { CommandLineError } from '../messages/command-line-error.ts'
import { chooseServer, type ServerChoice } from './choose-server.ts'
import { ServerError } from './server-error.ts'

/** What the items of a list's pages are. */
type ItemOf<O> = AnswerOf<O> extends { readonly items: readonly (infer Item)[] } ? Item : never

const pageItemsMax = 1000

/** Asks one server. What goes wrong is a CoffreError: the one that the server told, or `server.unreachable`. */
export class Connection {
  readonly #client: Client
  readonly #server: ServerChoice
  readonly #signal: AbortSignal

  constructor(server: ServerChoice, signal: AbortSignal) {
    const { url, token } = server
    this.#client = new Client({ url, ...(token === undefined ? {} : { token }) })
    this.#server = server
    this.#signal = signal
  }

  async call<O extends Operation>(operation: O, input: ClientInput<O>): Promise<AnswerOf<O>> {
    try {
      return await this.#client.call(operation, input, { signal: this.#signal })
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** All items of all pages, or the first `limit`. */
  async list<O extends Operation>(operation: O, input: ClientInput<O>, limit = Number.POSITIVE_INFINITY): Promise<ItemOf<O>[]> {
    const items: ItemOf<O>[] = []
    for (let after: string | undefined; ; ) {
      const query = { ...input.query, limit: Math.min(pageItemsMax, limit - items.length), after }
      const page = await this.call(operation, { ...input, query } as ClientInput<O>)
      const { items: more, next } = page as { readonly items: readonly ItemOf<O>[]; readonly next?: string }
      items.push(...more)
      if (next === undefined || items.length >= limit) return items
      after = next
    }
  }

  async *stream<O extends Operation>(operation: O, input: ClientInput<O>): AsyncGenerator<AnswerOf<O>> {
    try {
      yield* this.#client.stream(operation, input, this.#signal)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  #explain(error: unknown): unknown {
    throwIfAborted(this.#signal)
    if (error instanceof ApiProblem) return new ServerError(error.problem)
    if (isFromNetwork(error)) return unreachable(this.#server, error)
    if (error instanceof Error && error.name === 'ZodError')
      return new CoffreError('internal', `the server at ${this.#server.url} answers as another version of Coffre does`, {
        hint: 'Use the command line of the same version as the server.',
        cause: error,
      })
    return error
  }
}

/** The server that a command asks. */
export async function connect(call: ServerCall): Promise<Connection> {
  return new Connection(await chooseServer(call), call.signal)
}

/** What fetch rejects with says only that it failed; its cause is what did. */
function isFromNetwork(error: unknown): error is TypeError {
  return error instanceof TypeError && (error.message === 'fetch failed' || error.message === 'terminated')
}

function unreachable({ url, isLocal }: ServerChoice, error: TypeError): CommandLineError {
  const { cause } = error
  const problem = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : error.message
  const advice = { key: isLocal ? 'hint.noServer' : 'hint.farServer', values: {} } as const
  return new CommandLineError('server.unreachable', { key: 'error.noAnswer', values: { url, problem } }, advice, { cause: error })
}
