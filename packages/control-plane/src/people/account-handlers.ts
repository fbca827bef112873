import {
  beginTwoFactor as beginOperation,
  changePassword as changeOperation,
  confirmTwoFactor as confirmOperation,
  redeemPasswordToken as redeemOperation,
  removeTwoFactor as removeOperation,
  renewRecoveryCodes as renewOperation,
} from '@coffre/api-contract'
import type { ApiCall } from '../http/api-call.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { changing, originOf, type PeopleParts } from './people-parts.ts'
import { type SignedIn, signedIn } from './principal.ts'

/** Answers what people do with their own passwords and second factors. */
export function accountHandlers(parts: PeopleParts): readonly Handler[] {
  const { passwords, twoFactor } = parts.people
  return [
    defineHandler(changeOperation, async (call) => {
      const actor = await confirmed(parts, call, call.body)
      await changing(parts, async (within) => {
        await passwords.change(actor, call.body.newPassword, within)
        await call.audit({ target: actor.user }, within)
      })
      return {}
    }),
    defineHandler(redeemOperation, async ({ body, audit }) => {
      const userId = await passwords.redeem(body.token, body.newPassword)
      await audit({ target: `user:${userId}` })
      return {}
    }),
    defineHandler(beginOperation, ({ principal, audit }) => {
      const actor = signedIn(principal)
      return changing(parts, async (within) => {
        const enrolment = await twoFactor.enrol(actor, within)
        await audit({ target: actor.user }, within)
        return enrolment
      })
    }),
    defineHandler(confirmOperation, ({ principal, body, audit }) => {
      const actor = signedIn(principal)
      return changing(parts, async (within) => {
        const recoveryCodes = [...(await twoFactor.confirm(actor, body.code, within))]
        await audit({ target: actor.user }, within)
        return { recoveryCodes }
      })
    }),
    defineHandler(renewOperation, async (call) => {
      const actor = await confirmed(parts, call, call.body)
      return changing(parts, async (within) => {
        const recoveryCodes = [...(await twoFactor.renewRecoveryCodes(actor, within))]
        await call.audit({ target: actor.user }, within)
        return { recoveryCodes }
      })
    }),
    defineHandler(removeOperation, async (call) => {
      const actor = await confirmed(parts, call, call.body)
      await changing(parts, async (within) => {
        await twoFactor.remove(actor, within)
        await call.audit({ target: actor.user }, within)
      })
      return {}
    }),
  ]
}

/** Who asks, having proved again that it is they: an open session alone must not give an account away. */
async function confirmed(
  { people }: PeopleParts,
  call: Pick<ApiCall, 'principal' | 'address' | 'headers'>,
  { password, code }: { readonly password: string; readonly code?: string | undefined },
): Promise<SignedIn> {
  const actor = signedIn(call.principal)
  await people.signIn.confirm(actor, { password, ...(code === undefined ? {} : { code }) }, originOf(call))
  return actor
}
