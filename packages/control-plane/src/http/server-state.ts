import { isIP } from 'node:net'
import { type Clock, CoffreError } from '@coffre/foundation'
import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import { isLoopback, parseAddress } from '../people/addresses.ts'
import type { ApiParts } from './api-parts.ts'
import { clientAddress } from './client-address.ts'
import type { HttpContext } from './http-env.ts'

const readyWithinMs = 2000

/** Whether the catalogue answers now. */
export async function isReady(catalogue: Catalogue, clock: Clock): Promise<boolean> {
  const waiting = new AbortController()
  const tooLate = clock.sleep(readyWithinMs, waiting.signal).then(
    () => false,
    () => false,
  )
  const answered = sql`select 1`.execute(catalogue).then(
    () => true,
    () => false,
  )
  const ready = await Promise.race([answered, tooLate])
  waiting.abort()
  return ready
}

/**
 * Metrics tell what there is, though not its content: a program on the same machine may read them, others need the right to read.
 * What comes through a proxy, or by a name that a web page made its own, is not from the same machine.
 */
export async function refuseStrangers(context: HttpContext, { authenticator }: ApiParts): Promise<void> {
  const { headers, signal } = context.req.raw
  const address = clientAddress(context)
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip'].some((name) => headers.has(name))
  const from = address === undefined ? undefined : parseAddress(address)
  if (from !== undefined && isLoopback(from) && !isForwarded && isLocalName(new URL(context.req.url).hostname)) return
  const principal = await authenticator.authenticate(headers, address, signal)
  if (principal === undefined)
    throw new CoffreError('auth.required', 'from another machine this needs a sign-in', {
      hint: 'Give Prometheus a key with the scope of reading: `authorization: {credentials: …}`.',
    })
  authenticator.authorize(principal, { id: 'metrics.read', right: 'read' })
}

function isLocalName(hostname: string): boolean {
  return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) > 0
}
