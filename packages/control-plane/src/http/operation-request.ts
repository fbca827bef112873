import type { Operation } from '@coffre/api-contract'
import { clientAddress } from './client-address.ts'
import type { HttpContext } from './http-env.ts'

/** A request to an operation, before anything in it was looked at. */
export interface OperationRequest {
  readonly operation: Operation
  readonly requestId: string
  readonly address: string | undefined
  readonly headers: Headers
  readonly url: URL
  /** What the audit log calls its aim as long as the handler does not: the path as it was sent. */
  readonly target: string
  readonly params: Readonly<Record<string, string>>
  /** Undefined where the operation takes no body. */
  readonly raw: Request
  /** Only the headers of the answer are wanted. */
  readonly isHead: boolean
  readonly signal: AbortSignal
}

export function operationRequest(context: HttpContext, operation: Operation): OperationRequest {
  const { raw } = context.req
  const url = new URL(raw.url)
  return {
    operation,
    requestId: context.get('requestId'),
    address: clientAddress(context),
    headers: raw.headers,
    url,
    target: url.pathname.slice(0, 500),
    params: context.req.param(),
    raw,
    isHead: raw.method === 'HEAD',
    signal: raw.signal,
  }
}
