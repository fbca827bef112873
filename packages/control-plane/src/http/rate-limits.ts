import type { Clock } from '@coffre/foundation'
import { formatNetwork, networkOf, parseAddress } from '../people/addresses.ts'
import { RequestError } from './request-error.ts'
import { type BucketSize, TokenBuckets } from './token-buckets.ts'

export interface RateLimitSizes {
  readonly address: BucketSize
  readonly principal: BucketSize
}

/** What a script on the same machine does not notice, and a flood does. */
export const usualRateLimits: RateLimitSizes = {
  address: { perSecond: 200, burst: 1000 },
  principal: { perSecond: 100, burst: 500 },
}

/** A refusal costs a hash of a password or an entry in the audit log, both dearer than an answer. */
const refusalTokens = 20

/** How often an address and a principal may ask. */
export class RateLimits {
  readonly #addresses: TokenBuckets
  readonly #principals: TokenBuckets

  constructor(sizes: RateLimitSizes, clock: Clock) {
    this.#addresses = new TokenBuckets(sizes.address, clock)
    this.#principals = new TokenBuckets(sizes.principal, clock)
  }

  /** `request.rate` with Retry-After once too many have come. */
  takeAddress(address: string | undefined): void {
    refuseAfter(this.#addresses.take(network(address)), 'address')
  }

  takePrincipal(id: string): void {
    refuseAfter(this.#principals.take(id), 'principal')
  }

  chargeRefusal(address: string | undefined): void {
    this.#addresses.charge(network(address), refusalTokens)
  }
}

function refuseAfter(waitMs: number, whose: string): void {
  if (waitMs === 0) return
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  throw new RequestError('request.rate', `this ${whose} has sent too many requests`, {
    hint: `Try again in ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  })
}

/** Who has one address of IPv6 has 2^64 of them. */
function network(text = 'none'): string {
  const address = parseAddress(text)
  return address?.bits === 128 ? formatNetwork(networkOf(address, 64)) : text
}
