import { type CoffreError, type ErrorCode, errorCatalogue } from '@coffre/foundation'
import { Hono } from 'hono'
import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'

export interface HttpAppParts {
  readonly catalogue: Catalogue
  readonly newRequestId: () => string
}

/** Everything that the server answers. */
export function newHttpApp({ catalogue, newRequestId }: HttpAppParts): Hono {
  const app = new Hono()
  app.get('/healthz', (context) => context.text('ok\n'))
  app.get('/readyz', async (context) => {
    try {
      await sql`select 1`.execute(catalogue)
      return context.text('ready\n')
    } catch {
      return context.text('the catalogue does not answer\n', 503)
    }
  })
  app.notFound((context) => {
    const detail = `nothing answers ${context.req.method} ${context.req.path}`
    return problem('request.no-such-path', detail, 'The API is below /api/v1; /docs shows all of it.', newRequestId())
  })
  return app
}

/** An error as RFC 9457 has it. */
function problem(code: ErrorCode, detail: string, hint: CoffreError['hint'], requestId: string): Response {
  const { http } = errorCatalogue[code]
  const body = { type: `/docs/problems#${code}`, title: code, status: http, code, detail, hint, requestId }
  return new Response(JSON.stringify(body), { status: http, headers: { 'content-type': 'application/problem+json' } })
}
