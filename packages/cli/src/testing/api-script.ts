import type { ServerResponse } from 'node:http'

interface Request {
  readonly method: string
  readonly url: string
  readonly body: Buffer
}

/** What one request gets: a document, or a stream of events. */
export interface ScriptedAnswer {
  readonly status?: number
  readonly body?: unknown
  readonly events?: readonly unknown[]
  /** After its events, the stream stays open. */
  readonly staysOpen?: boolean
}

/** What the operation gets, each time; of several, one after another, and the last one from then on. */
type Script =
  | ScriptedAnswer
  | readonly ScriptedAnswer[]
  | ((request: { readonly url: URL; readonly body: unknown }) => ScriptedAnswer)

/** Answers for a scripted server: by method and path below /api/v1, such as `GET /jobs`. Anything else is a problem. */
export function apiScript(routes: Readonly<Record<string, Script>>): (request: Request, response: ServerResponse) => void {
  const asked = new Map<string, number>()
  return ({ method, url: given, body }, response) => {
    const url = new URL(given, 'http://localhost')
    const route = `${method} ${url.pathname.replace('/api/v1', '')}`
    const script = routes[route]
    const times = asked.get(route) ?? 0
    asked.set(route, times + 1)
    if (script === undefined) return send(response, problem('request.no-such-path', `nothing answers ${route}`, 404))
    if (typeof script === 'function')
      return send(response, script({ url, body: body.length === 0 ? undefined : JSON.parse(body.toString()) }))
    const answers = [script].flat()
    send(response, answers[Math.min(times, answers.length - 1)] ?? {})
  }
}

export function problem(code: string, detail: string, status = 409, more: Readonly<Record<string, unknown>> = {}): ScriptedAnswer {
  return { status, body: { type: `/docs/problems#${code}`, title: code, status, code, detail, requestId: 'r', ...more } }
}

function send(response: ServerResponse, { status = 200, body, events, staysOpen = false }: ScriptedAnswer): void {
  if (events === undefined) {
    response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : JSON.stringify(body))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`)
  if (!staysOpen) response.end()
}
