import { z } from 'zod'
import { defineOperation, rights } from '../operation.ts'
import { idSchema, instantSchema, nothing } from '../primitives.ts'

/** What is typed to sign in: a handle or an address of mail. */
export const signInNameSchema = z.string().trim().min(1).max(254)
/** Longer than any that is admitted, so that a refusal says why. */
export const passwordSchema = z.string().min(1).max(1000)
export const codeSchema = z.string().min(6).max(64).describe('of the authenticator application, or a recovery code')

export const sessionSchema = z.object({
  id: idSchema,
  createdAt: instantSchema,
  lastUsedAt: instantSchema,
  expiresAt: instantSchema,
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  hasSecondFactor: z.boolean(),
  isCurrent: z.boolean().describe('the one that asks'),
})
export type SessionView = z.output<typeof sessionSchema>

export const createSession = defineOperation({
  id: 'sessions.create',
  method: 'POST',
  path: '/sessions',
  summary: 'Sign in',
  description:
    'With name and password; where the user has a second factor the answer is the problem `auth.second-factor`, and the same request is sent again with a code.',
  right: 'public',
  params: nothing,
  query: nothing,
  body: z.object({ name: signInNameSchema, password: passwordSchema, code: codeSchema.optional() }),
  status: 201,
  answer: z.object({ token: z.string().describe('to be sent as a bearer token'), session: sessionSchema }),
  problems: ['auth.failed', 'auth.second-factor', 'auth.locked', 'auth.address'],
  answersSecret: true,
})

export const currentSession = defineOperation({
  id: 'sessions.current',
  method: 'GET',
  path: '/sessions/current',
  summary: 'Show who asks, and what they may do here',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: z.object({
    principal: z.string().describe('as the audit log names it: `user:<id>` or `key:<id>`'),
    user: z.object({ id: idSchema, name: z.string(), displayName: z.string() }).nullable().describe('null on the server’s machine'),
    by: z.enum(['session', 'key', 'local']),
    session: sessionSchema.nullable(),
    project: z.object({ id: idSchema, name: z.string() }),
    rights: z.array(z.enum(rights)),
    scopes: z.array(z.string()).nullable().describe('of a key; null when they are not narrowed'),
    mustEnrol: z.boolean().describe('true: only a second factor can be enrolled, nothing else'),
  }),
  problems: [],
})

export const listSessions = defineOperation({
  id: 'sessions.list',
  method: 'GET',
  path: '/sessions',
  summary: 'List your open sessions, the last used first',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: z.object({ items: z.array(sessionSchema) }),
  problems: [],
})

export const endSession = defineOperation({
  id: 'sessions.end',
  method: 'DELETE',
  path: '/sessions/{session}',
  summary: 'Sign out, here or elsewhere',
  right: 'signed-in',
  params: z.object({ session: z.union([z.literal('current'), idSchema]).describe('`current` is the one that asks') }),
  query: nothing,
  body: undefined,
  status: 204,
  answer: nothing,
  problems: ['object.missing'],
})

export const endOtherSessions = defineOperation({
  id: 'sessions.end-others',
  method: 'DELETE',
  path: '/sessions',
  summary: 'Sign out everywhere else',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: z.object({ ended: z.int() }),
  problems: [],
})
