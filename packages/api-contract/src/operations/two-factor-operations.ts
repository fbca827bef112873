import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { nothing } from '../primitives.ts'
import { codeSchema, passwordSchema } from './session-operations.ts'

/** Asked again of somebody who has signed in, before what guards the account changes. */
const confirmation = z.object({ password: passwordSchema, code: codeSchema })
const confirmationProblems = ['auth.failed', 'auth.locked'] as const
const recoveryCodes = z.object({ recoveryCodes: z.array(z.string()).describe('each is good once, in place of a code') })

export const beginTwoFactor = defineOperation({
  id: 'two-factor.begin',
  method: 'POST',
  path: '/two-factor',
  summary: 'Begin to enrol an authenticator application',
  description: 'Takes effect with `two-factor.confirm`. Takes the place of an enrolment that was not confirmed.',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 201,
  answer: z.object({
    secret: z.string().describe('to be typed into the application, in base32'),
    uri: z.string().describe('what a QR code for the application holds'),
  }),
  problems: ['object.exists'],
  answersSecret: true,
})

export const confirmTwoFactor = defineOperation({
  id: 'two-factor.confirm',
  method: 'POST',
  path: '/two-factor/confirm',
  summary: 'Prove that the authenticator application works',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: z.object({ code: codeSchema }),
  status: 200,
  answer: recoveryCodes,
  problems: ['auth.failed'],
  answersSecret: true,
})

export const renewRecoveryCodes = defineOperation({
  id: 'two-factor.renew-codes',
  method: 'POST',
  path: '/two-factor/recovery-codes',
  summary: 'Make new recovery codes; those before are void',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: confirmation,
  status: 201,
  answer: recoveryCodes,
  problems: [...confirmationProblems, 'object.missing'],
  answersSecret: true,
})

export const removeTwoFactor = defineOperation({
  id: 'two-factor.remove',
  method: 'POST',
  path: '/two-factor/remove',
  summary: 'Remove your second factor',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: confirmation,
  status: 204,
  answer: nothing,
  problems: [...confirmationProblems, 'object.missing'],
})
