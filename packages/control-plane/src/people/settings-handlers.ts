import {
  type AddressRuleView,
  addAddressRule as addOperation,
  changeSettings as changeOperation,
  getSettings as getOperation,
  listAddressRules as listOperation,
  removeAddressRule as removeOperation,
} from '@coffre/api-contract'
import { defineHandler, type Handler } from '../http/api-call.ts'
import type { Principal } from '../http/authenticator.ts'
import type { AddressRule } from './address-list.ts'
import { missing } from './grants.ts'
import { changing, type PeopleParts } from './people-parts.ts'
import { type SignedIn, signedIn } from './principal.ts'
import { requireEverywhere } from './whole-organisation.ts'

/** Answers everything below /settings and /address-rules: what holds for the whole organisation. */
export function settingsHandlers(parts: PeopleParts): readonly Handler[] {
  const { addresses, twoFactor, grants } = parts.people
  const officer = async (principal: Principal): Promise<SignedIn> => {
    const actor = signedIn(principal)
    await requireEverywhere(grants, actor, 'settings.write')
    return actor
  }
  const settings = async (orgId: string) => ({ twoFactorMandatory: await twoFactor.isMandatory(orgId) })
  return [
    defineHandler(getOperation, ({ orgId }) => settings(orgId)),
    defineHandler(changeOperation, async ({ principal, orgId, body, audit }) => {
      const actor = await officer(principal)
      await changing(parts, async (within) => {
        if (body.twoFactorMandatory !== undefined) await twoFactor.setMandatory(actor, body.twoFactorMandatory, within)
        await audit({ target: `organisation:${orgId}`, detail: body }, within)
      })
      return settings(orgId)
    }),
    defineHandler(listOperation, async ({ orgId }) => ({ items: (await addresses.list(orgId)).map(ruleView) })),
    defineHandler(addOperation, async ({ principal, orgId, address, body, audit }) => {
      const actor = await officer(principal)
      const id = await changing(parts, async (within) => {
        const made = await addresses.add(actor, body, address, within)
        await audit({ target: `address-rule:${made}`, detail: { network: body.network } }, within)
        return made
      })
      const rule = (await addresses.list(orgId)).find((one) => one.id === id)
      if (rule === undefined) throw missing('address rule', id)
      return ruleView(rule)
    }),
    defineHandler(removeOperation, async ({ principal, orgId, address, params, audit }) => {
      const actor = await officer(principal)
      await changing(parts, async (within) => {
        const rule = (await addresses.list(orgId, within)).find(({ id }) => id === params.rule)
        await addresses.remove(actor, params.rule, address, within)
        await audit({ target: `address-rule:${params.rule}`, detail: { network: rule?.network ?? null } }, within)
      })
      return {}
    }),
  ]
}

function ruleView({ createdAt, ...rest }: AddressRule): AddressRuleView {
  return { ...rest, createdAt: createdAt.toISOString() }
}
