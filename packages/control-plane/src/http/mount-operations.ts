import type { Operation } from '@coffre/api-contract'
import { CoffreError } from '@coffre/foundation'
import type { Handler } from './api-call.ts'
import type { ApiParts } from './api-parts.ts'
import type { HttpApp } from './http-env.ts'
import { OperationPipeline } from './operation-pipeline.ts'
import { operationRequest } from './operation-request.ts'
import { problemAnswer } from './problem-answer.ts'
import { RequestError } from './request-error.ts'

/** Lets `app` answer the operations below /api/v1. Each of their paths tells which methods it has when it is asked by another. */
export function mountOperations(app: HttpApp, handlers: readonly Handler[], parts: ApiParts): void {
  refuseConflicts(handlers)
  const pipeline = new OperationPipeline(parts)
  // The router takes the first that matches, and `/points/preview` is no point of the name of preview.
  for (const handler of handlers.toSorted((a, b) => (generality(a.operation) < generality(b.operation) ? -1 : 1))) {
    const { operation } = handler
    app.on(operation.method, routeOf(operation), (context) => {
      context.set('operation', operation.id)
      return pipeline.answer(operationRequest(context, operation), handler)
    })
  }
  const methods = Map.groupBy(handlers, ({ operation }) => routeOf(operation))
  for (const [route, ofRoute] of [...methods].sort(([a], [b]) => (a.replaceAll(':', '~') < b.replaceAll(':', '~') ? -1 : 1)))
    answerOtherMethods(
      app,
      route,
      ofRoute.map(({ operation }) => operation.method),
      parts.log,
    )
}

/** OPTIONS tells which methods there are; all others are refused with the same list. No header of CORS: only programs call. */
export function answerOtherMethods(app: HttpApp, route: string, methods: readonly string[], log: (line: string) => void): void {
  const known = methods.includes('GET') ? [...methods, 'HEAD'] : methods
  const allow = [...known, 'OPTIONS'].sort().join(', ')
  app.all(route, (context) => {
    if (context.req.raw.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } })
    const error = new RequestError('request.method', `${context.req.raw.method.slice(0, 20)} is no method of this path`, {
      hint: `It has ${allow}.`,
      headers: { allow },
    })
    return problemAnswer(error, { requestId: context.get('requestId'), log })
  })
}

function routeOf({ path }: Operation): string {
  return `/api/v1${path.replace(/\{(\w+)\}/g, ':$1')}`
}

/** Sorts parts that are given after those that are fixed. */
function generality({ path }: Operation): string {
  return path.replaceAll('{', '~')
}

function refuseConflicts(handlers: readonly Handler[]): void {
  const seen = new Set<string>()
  for (const { kind, operation } of handlers) {
    const names = [operation.id, `${operation.method} ${operation.path.replace(/\{\w+\}/g, '{}')}`]
    if (names.some((name) => seen.has(name))) throw new CoffreError('internal', `two handlers answer ${operation.id} or its path`)
    if ((kind === 'stream') !== (operation.isStream === true))
      throw new CoffreError('internal', `${operation.id} needs a handler of the other kind: a stream is answered by a stream`)
    for (const name of names) seen.add(name)
  }
}
