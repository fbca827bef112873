import type { Hono, Context as HonoContext } from 'hono'

/** What travels with each request. */
export interface HttpEnv {
  /** By the adapter of Node; absent in tests that have no connection. */
  Bindings: { readonly incoming?: { readonly socket?: { readonly remoteAddress?: string | undefined } } }
  Variables: {
    requestId: string
    /** Of the operation that answers, for the metrics. */
    operation: string | undefined
  }
}

export type HttpContext = HonoContext<HttpEnv>
export type HttpApp = Hono<HttpEnv>
