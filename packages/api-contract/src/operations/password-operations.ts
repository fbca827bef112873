import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { nothing } from '../primitives.ts'
import { codeSchema, passwordSchema } from './session-operations.ts'

export const changePassword = defineOperation({
  id: 'passwords.change',
  method: 'PUT',
  path: '/password',
  summary: 'Change your password',
  description: 'Asks for the present password, and for a code where you have a second factor. Ends your other sessions.',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: z.object({
    password: passwordSchema.describe('the present one'),
    code: codeSchema.optional(),
    newPassword: passwordSchema,
  }),
  status: 204,
  answer: nothing,
  problems: ['auth.failed', 'auth.second-factor', 'auth.locked', 'auth.password-refused'],
})

export const redeemPasswordToken = defineOperation({
  id: 'passwords.redeem',
  method: 'POST',
  path: '/password-tokens/redeem',
  summary: 'Choose a password with a one-time token',
  description: 'Ends all sessions of the user. The token is used up only by a password that is admitted.',
  right: 'public',
  params: nothing,
  query: nothing,
  body: z.object({ token: z.string().min(1).max(200), newPassword: passwordSchema }),
  status: 204,
  answer: nothing,
  problems: ['auth.failed', 'auth.expired', 'auth.password-refused'],
})
