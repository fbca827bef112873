import type { Operation } from '@coffre/api-contract'
import { type Clock, CoffreError } from '@coffre/foundation'
import type { StreamEvent } from './api-call.ts'
import { type ProblemContext, reportProblem } from './problem-answer.ts'

export interface EventStreamOptions extends ProblemContext {
  readonly operation: Operation
  readonly clock: Clock
  /** Aborted when the client goes. */
  readonly signal: AbortSignal
  /** Throws once the client may no longer see what it asked for. */
  readonly checkAllowed: () => Promise<void>
}

/** Proxies cut what is silent for longer. */
const heartbeatMs = 15_000
const checkMs = 60_000

/**
 * Events as the HTML standard has them (section 9.2): pulled one by one, so that a slow client holds back its source. Silence is
 * filled with comments. An error ends the stream with an event `problem`.
 */
export function eventStream(events: AsyncIterable<StreamEvent<unknown>>, options: EventStreamOptions): Response {
  // A client may end the reading without ending the request.
  const cancelled = new AbortController()
  const texts = eventTexts(events, { ...options, signal: AbortSignal.any([options.signal, cancelled.signal]) })
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await texts.next()
      if (done === true) controller.close()
      else controller.enqueue(Buffer.from(value))
    },
    cancel: () => cancelled.abort(),
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' } })
}

async function* eventTexts(events: AsyncIterable<StreamEvent<unknown>>, options: EventStreamOptions): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]()
  try {
    // Proves to the client that the stream stands before anything has happened.
    yield ': stream\n\n'
    yield* interleaved(iterator, options)
  } catch (error) {
    if (!options.signal.aborted) yield eventText('problem', reportProblem(error, options))
  } finally {
    // Not awaited: a source that waits for its next event would hold back the end until that comes.
    iterator.return?.().catch((error: unknown) => reportProblem(error, options))
  }
}

/** The events, with a heartbeat for each pause, until the source or the client ends it. */
async function* interleaved(iterator: AsyncIterator<StreamEvent<unknown>>, options: EventStreamOptions): AsyncGenerator<string> {
  const { clock, operation, signal, checkAllowed } = options
  let checkedMs = clock.monotonicMs()
  let coming = iterator.next()
  while (!signal.aborted) {
    const result = await nextOrSilence(coming, options)
    if (clock.monotonicMs() - checkedMs >= checkMs) {
      await checkAllowed()
      checkedMs = clock.monotonicMs()
    }
    if (result === 'silence') yield ': heartbeat\n\n'
    else if (result.done === true) return
    else {
      yield eventText('message', answerOf(operation, result.value.data), result.value.id)
      coming = iterator.next()
    }
  }
}

async function nextOrSilence<Result>(coming: Promise<Result>, { clock, signal }: EventStreamOptions): Promise<Result | 'silence'> {
  const waiting = new AbortController()
  const silence = clock.sleep(heartbeatMs, AbortSignal.any([signal, waiting.signal])).then(() => 'silence' as const)
  try {
    return await Promise.race([coming, silence])
  } finally {
    // The one that lost the race ends, too, and nobody hears of it.
    silence.catch(() => undefined)
    coming.catch(() => undefined)
    waiting.abort()
  }
}

function answerOf(operation: Operation, data: unknown): unknown {
  const parsed = operation.answer.safeParse(data)
  if (parsed.success) return parsed.data
  throw new Error(`an event of ${operation.id} is not what its schema says`, { cause: parsed.error })
}

function eventText(name: string, data: unknown, id?: string): string {
  if (id !== undefined && /[\r\n\0]/.test(id)) throw new CoffreError('internal', 'the id of an event has a line break')
  return `${id === undefined ? '' : `id: ${id}\n`}${name === 'message' ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`
}
