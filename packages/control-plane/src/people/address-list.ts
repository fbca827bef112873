import { CoffreError, type Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { newId } from '../catalogue/new-id.ts'
import { contains, formatNetwork, parseAddress, parseNetwork } from './addresses.ts'
import { missing } from './grants.ts'
import type { SignedIn } from './principal.ts'

export interface AddressRule {
  readonly id: string
  readonly network: string
  readonly description: string
  readonly createdAt: Date
  readonly createdBy: string
}

/**
 * Where an organisation may be reached from: from everywhere while its list is empty. The caller has checked the right
 * settings.write, and audits within the same transaction. The local credential is not subject to it.
 */
export class AddressList {
  readonly #catalogue: Catalogue
  readonly #context: Context

  constructor(catalogue: Catalogue, context: Context) {
    this.#catalogue = catalogue
    this.#context = context
  }

  async list(orgId: string, within: Catalogue | Transaction<Database> = this.#catalogue): Promise<AddressRule[]> {
    const rows = await within.selectFrom('addressRule').selectAll().where('orgId', '=', orgId).orderBy('network').execute()
    return rows.map(({ id, network, description, createdAt, createdBy }) => ({ id, network, description, createdAt, createdBy }))
  }

  /** Throws `auth.address` unless the organisation may be reached from there. */
  async check(
    orgId: string,
    address: string | undefined,
    within: Catalogue | Transaction<Database> = this.#catalogue,
  ): Promise<void> {
    const rules = await within.selectFrom('addressRule').select('network').where('orgId', '=', orgId).execute()
    if (!admits(rules, address)) throw refusal(address)
  }

  /** Throws `auth.address` where no organisation at all may be reached from: asked before it is known whom a sign-in is for. */
  async checkAny(address: string | undefined): Promise<void> {
    const orgs = await this.#catalogue
      .selectFrom('org')
      .leftJoin('addressRule', 'addressRule.orgId', 'org.id')
      .select(['org.id', 'addressRule.network'])
      .execute()
    const byOrg = Map.groupBy(orgs, ({ id }) => id)
    for (const rows of byOrg.values()) {
      const rules = rows.flatMap(({ network }) => (network === null ? [] : [{ network }]))
      if (admits(rules, address)) return
    }
    throw refusal(address)
  }

  /** `auth.address` when the list would shut out who adds to it; `object.exists` for a network that is there. */
  async add(
    actor: SignedIn,
    wanted: { readonly network: string; readonly description: string },
    from: string | undefined,
    within: Transaction<Database>,
  ): Promise<string> {
    const network = parseNetwork(wanted.network)
    if (network === undefined)
      throw new CoffreError('request.invalid', `${JSON.stringify(wanted.network)} is no network`, {
        hint: 'Give an address, or CIDR such as 192.0.2.0/24 or 2001:db8::/32.',
      })
    const id = newId(this.#context)
    const createdAt = new Date(this.#context.clock.nowMs())
    const made = await within
      .insertInto('addressRule')
      .values({
        id,
        orgId: actor.orgId,
        network: formatNetwork(network),
        description: wanted.description,
        createdAt,
        createdBy: actor.id,
      })
      .onConflict((conflict) => conflict.columns(['orgId', 'network']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (made === undefined) throw new CoffreError('object.exists', `${formatNetwork(network)} is in the list already`)
    await this.#keepReachable(actor, from, within)
    return id
  }

  /** `auth.address` when the list would shut out who removes from it. */
  async remove(actor: SignedIn, ruleId: string, from: string | undefined, within: Transaction<Database>): Promise<void> {
    const { numDeletedRows } = await within
      .deleteFrom('addressRule')
      .where('id', '=', ruleId)
      .where('orgId', '=', actor.orgId)
      .executeTakeFirst()
    if (numDeletedRows === 0n) throw missing('address rule', ruleId)
    await this.#keepReachable(actor, from, within)
  }

  async #keepReachable(actor: SignedIn, from: string | undefined, within: Transaction<Database>): Promise<void> {
    if (actor.by !== 'local') await this.check(actor.orgId, from, within)
  }
}

function admits(rules: readonly { readonly network: string }[], address: string | undefined): boolean {
  if (rules.length === 0) return true
  const parsed = address === undefined ? undefined : parseAddress(address)
  if (parsed === undefined) return false
  return rules.some(({ network }) => {
    const rule = parseNetwork(network)
    return rule !== undefined && contains(rule, parsed)
  })
}

function refusal(address: string | undefined): CoffreError {
  return new CoffreError('auth.address', `requests from ${address ?? 'an unknown address'} are not admitted`, {
    hint: 'A security officer can add a network to the list; so can the owner of the server’s machine, on it.',
  })
}
