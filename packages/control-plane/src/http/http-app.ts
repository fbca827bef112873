import { Hono } from 'hono'
import type { Handler } from './api-call.ts'
import type { ApiParts } from './api-parts.ts'
import { operationsPage } from './docs-pages/operations-page.ts'
import { wordsFor } from './docs-pages/page-words.ts'
import { problemsPage } from './docs-pages/problems-page.ts'
import type { HttpApp, HttpContext, HttpEnv } from './http-env.ts'
import { answerOtherMethods, mountOperations } from './mount-operations.ts'
import { openApiDocument } from './openapi/openapi-document.ts'
import { problemAnswer } from './problem-answer.ts'
import { RequestError } from './request-error.ts'
import { requestIdOf } from './request-id.ts'
import { measureRequests } from './request-metrics.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { isReady, refuseStrangers } from './server-state.ts'

export interface HttpAppParts extends ApiParts {
  readonly handlers: readonly Handler[]
  /** Of Coffre, for the documentation. */
  readonly version: string
}

/** Everything that the server answers. */
export function newHttpApp(parts: HttpAppParts): HttpApp {
  const { context, metrics, log, handlers } = parts
  const app: HttpApp = new Hono<HttpEnv>()
  app.use(async (call, next) => {
    call.set('requestId', requestIdOf(call.req.raw.headers, context))
    await next()
    call.res.headers.set('x-request-id', call.get('requestId'))
    addSecurityHeaders(call.res.headers)
  })
  measureRequests(app, metrics, context.clock)
  mountState(app, parts)
  mountDocs(app, parts)
  mountOperations(app, handlers, parts)
  app.onError((error, call) => problemAnswer(error, { requestId: call.get('requestId'), log }))
  app.notFound((call) => problemAnswer(noSuchPath(call), { requestId: call.get('requestId'), log }))
  return app
}

function mountState(app: HttpApp, parts: HttpAppParts): void {
  const { catalogue, context, metrics, log } = parts
  answerGet(app, '/healthz', log, () => new Response('ok\n'))
  answerGet(app, '/readyz', log, async () =>
    (await isReady(catalogue, context.clock))
      ? new Response('ready\n')
      : new Response('the catalogue does not answer\n', { status: 503 }),
  )
  answerGet(app, '/metrics', log, async (call) => {
    await refuseStrangers(call, parts)
    return new Response(await metrics.render(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
  })
}

function mountDocs(app: HttpApp, { handlers, version, log }: HttpAppParts): void {
  const document = openApiDocument(
    handlers.map(({ operation }) => operation),
    version,
  )
  const text = JSON.stringify(document)
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' }
  const words = (call: HttpContext) => wordsFor(call.req.raw.headers.get('accept-language'))
  answerGet(app, '/', log, (call) => call.redirect('/docs'))
  answerGet(app, '/openapi.json', log, () => new Response(text, { headers }))
  answerGet(app, '/docs', log, (call) => operationsPage(document, words(call)))
  answerGet(app, '/docs/problems', log, (call) => problemsPage(words(call)))
}

function answerGet(
  app: HttpApp,
  path: string,
  log: (line: string) => void,
  answer: (call: HttpContext) => Response | Promise<Response>,
): void {
  app.get(path, answer)
  answerOtherMethods(app, path, ['GET'], log)
}

function noSuchPath({ req }: HttpContext): RequestError {
  const path = new URL(req.raw.url).pathname.slice(0, 200)
  return new RequestError('request.no-such-path', `nothing answers ${req.raw.method.slice(0, 20)} ${path}`, {
    hint: 'The API is below /api/v1; /docs shows all of it.',
  })
}
