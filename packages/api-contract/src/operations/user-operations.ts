import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idSchema, instantSchema, nothing } from '../primitives.ts'
import { passwordSchema, sessionSchema, signInNameSchema } from './session-operations.ts'

export const userSchema = z.object({
  id: idSchema,
  name: z.string().describe('what is typed to sign in'),
  displayName: z.string(),
  hasPassword: z.boolean(),
  hasSecondFactor: z.boolean(),
  createdAt: instantSchema,
  createdBy: z.string(),
  disabledAt: instantSchema.nullable(),
})
export type UserView = z.output<typeof userSchema>

const newUser = { name: signInNameSchema, displayName: z.string().max(200).default('') }
const passwordToken = z.object({
  token: z.string().describe('with which the user chooses a password, once, within three days'),
})
const userInPath = z.object({ user: signInNameSchema.describe('id or name') })

export const createFirstUser = defineOperation({
  id: 'first-user.create',
  method: 'POST',
  path: '/first-user',
  summary: 'Make the first user, with the token that the server printed',
  description: 'The first user is security officer, operator and restore operator, and is signed in by this.',
  right: 'public',
  params: nothing,
  query: nothing,
  body: z.object({ token: z.string().min(1).max(200), ...newUser, password: passwordSchema }),
  status: 201,
  answer: z.object({ user: userSchema, token: z.string(), session: sessionSchema }),
  problems: ['auth.failed', 'auth.expired', 'auth.address', 'auth.password-refused'],
  answersSecret: true,
})

export const createUser = defineOperation({
  id: 'users.create',
  method: 'POST',
  path: '/users',
  summary: 'Make a user',
  description: 'Without roles, and with a token for choosing a password.',
  right: 'people.write',
  params: nothing,
  query: nothing,
  body: z.object(newUser),
  status: 201,
  answer: passwordToken.extend({ user: userSchema }),
  problems: ['object.exists'],
  answersSecret: true,
})

export const listUsers = defineOperation({
  id: 'users.list',
  method: 'GET',
  path: '/users',
  summary: 'List users',
  right: 'audit.read',
  params: nothing,
  query: z.object({ ...pageQuery, search: z.string().max(200).optional().describe('part of a name') }),
  body: undefined,
  status: 200,
  answer: pageOf(userSchema),
  problems: [],
})

export const getUser = defineOperation({
  id: 'users.get',
  method: 'GET',
  path: '/users/{user}',
  summary: 'Show a user',
  right: 'audit.read',
  params: userInPath,
  query: nothing,
  body: undefined,
  status: 200,
  answer: userSchema,
  problems: ['object.missing'],
})

export const disableUser = defineOperation({
  id: 'users.disable',
  method: 'POST',
  path: '/users/{user}/disable',
  summary: 'Take all rights of a user away, until they are enabled again',
  description: 'Ends their sessions; their keys are refused.',
  right: 'people.write',
  params: userInPath,
  query: nothing,
  body: undefined,
  status: 200,
  answer: userSchema,
  problems: ['object.missing', 'role.last-officer'],
})

export const enableUser = defineOperation({
  id: 'users.enable',
  method: 'POST',
  path: '/users/{user}/enable',
  summary: 'Let a user in again',
  right: 'people.write',
  params: userInPath,
  query: nothing,
  body: undefined,
  status: 200,
  answer: userSchema,
  problems: ['object.missing'],
})

export const eraseUser = defineOperation({
  id: 'users.erase',
  method: 'DELETE',
  path: '/users/{user}',
  summary: 'Forget whom an account was about',
  description: 'Revokes their keys and roles for ever. The id stays, as the audit log names it.',
  right: 'people.write',
  params: userInPath,
  query: nothing,
  body: undefined,
  status: 204,
  answer: nothing,
  problems: ['object.missing', 'role.last-officer'],
})

export const resetPassword = defineOperation({
  id: 'users.reset-password',
  method: 'POST',
  path: '/users/{user}/password-token',
  summary: 'Make a token with which a user chooses a new password',
  description: 'Refused to one who must not hold the roles of the user together with their own.',
  right: 'people.write',
  params: userInPath,
  query: nothing,
  body: undefined,
  status: 201,
  answer: passwordToken,
  problems: ['object.missing', 'role.conflict'],
  answersSecret: true,
})

export const removeTwoFactorOfUser = defineOperation({
  id: 'users.remove-two-factor',
  method: 'DELETE',
  path: '/users/{user}/two-factor',
  summary: 'Remove the second factor of a user who lost it',
  right: 'people.write',
  params: userInPath,
  query: nothing,
  body: undefined,
  status: 204,
  answer: nothing,
  problems: ['object.missing', 'role.conflict'],
})

export const forgetFailedSignIns = defineOperation({
  id: 'users.forget-failures',
  method: 'DELETE',
  path: '/users/{user}/failed-sign-ins',
  summary: 'End the pause that failed sign-ins brought to a user',
  right: 'people.write',
  params: userInPath,
  query: nothing,
  body: undefined,
  status: 204,
  answer: nothing,
  problems: ['object.missing'],
})
