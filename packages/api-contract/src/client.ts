import type { z } from 'zod'
import type { AnswerOf, InputOf, Operation } from './operation.ts'
import { type Problem, problemSchema } from './problem.ts'

/** An answer that was not what was asked for: a problem as the server told it. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

export interface ClientOptions {
  /** Of the server, such as http://127.0.0.1:7878. */
  readonly url: string
  /** A key or a session's token. */
  readonly token?: string
  /** For servers on a socket, and for tests. */
  readonly fetch?: typeof fetch
}

/** What goes without saying when a part of an input is empty. */
type Given<I> = I extends { readonly params: infer P; readonly query?: infer Q; readonly body: infer B }
  ? Part<'params', P> & { readonly query?: Q } & Part<'body', B>
  : never
type Part<Name extends string, Value> = unknown extends Value
  ? { readonly [K in Name]?: undefined }
  : Record<string, never> extends Value
    ? { readonly [K in Name]?: Value }
    : { readonly [K in Name]: Value }

export type ClientInput<O> = Given<InputOf<O>>

/** Calls operations of the API. Answers are parsed by the operation's schema; what is not 2xx becomes an ApiProblem. */
export class Client {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  async call<O extends Operation>(
    operation: O,
    input: ClientInput<O>,
    { signal, idempotencyKey }: { readonly signal?: AbortSignal; readonly idempotencyKey?: string } = {},
  ): Promise<AnswerOf<O>> {
    const response = await this.#send(operation, input, signal, idempotencyKey)
    if (response.status === 204) return {} as AnswerOf<O>
    return operation.answer.parse(await response.json()) as AnswerOf<O>
  }

  /** The events of a stream, until it or the signal ends. One that fails on the way ends with an ApiProblem. */
  async *stream<O extends Operation>(operation: O, input: ClientInput<O>, signal?: AbortSignal): AsyncGenerator<AnswerOf<O>> {
    const response = await this.#send(operation, input, signal)
    let text = ''
    for await (const chunk of textsOf(response)) {
      text += chunk
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = text.slice(0, end)
        text = text.slice(end + 2)
        const data = fieldOf(event, 'data')
        if (data === '') continue
        if (fieldOf(event, 'event') === 'problem') throw new ApiProblem(problemSchema.parse(JSON.parse(data)))
        yield operation.answer.parse(JSON.parse(data)) as AnswerOf<O>
      }
    }
  }

  async #send(operation: Operation, given: unknown, signal?: AbortSignal, idempotencyKey?: string): Promise<Response> {
    const { params, query, body } = given as { params?: Texts; query?: Texts; body?: unknown }
    const url = new URL(`/api/v1${fillPath(operation.path, params ?? {})}`, this.#options.url)
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value))
    const headers: Record<string, string> = { accept: operation.isStream === true ? 'text/event-stream' : 'application/json' }
    if (this.#options.token !== undefined) headers['authorization'] = `Bearer ${this.#options.token}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey
    const response = await (this.#options.fetch ?? fetch)(url, {
      method: operation.method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (!response.ok) throw new ApiProblem(await problemOf(response))
    return response
  }
}

/**
 * What comes of a body, as text. Read by hand: a body that is piped through a decoder, and left at the moment in which it ends, may
 * never be done with its cancellation.
 */
async function* textsOf({ body }: Response): AsyncGenerator<string> {
  if (body === null) return
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield decoder.decode(part.value, { stream: true })
  } finally {
    // Nobody waits for the goodbye, and one that fails says nothing new.
    reader.cancel().catch(() => undefined)
  }
}

type Texts = Readonly<Record<string, z.core.util.Primitive>>

function fillPath(path: string, params: Texts): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
}

/** A field of an event, as the HTML standard has them (section 9.2.6). Comments have no name. */
function fieldOf(event: string, name: string): string {
  return event
    .split('\n')
    .filter((line) => line.startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
    .join('\n')
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text()
  try {
    return problemSchema.parse(JSON.parse(text))
  } catch {
    // A proxy in between, or no Coffre at all.
    const detail = `the server answered ${response.status} ${response.statusText}, and not as Coffre does`
    return { type: 'about:blank', title: response.statusText, status: response.status, code: 'internal', detail, requestId: '' }
  }
}
