import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nothing } from '../primitives.ts'
import { signInNameSchema } from './session-operations.ts'

const roleSchema = z.enum(['viewer', 'operator', 'restore-operator', 'backup-administrator', 'security-officer', 'auditor'])

export const grantSchema = z.object({
  id: idSchema,
  user: z.object({ id: idSchema, name: z.string() }),
  role: roleSchema,
  projectId: idSchema.nullable().describe('null: in the whole organisation'),
  grantedAt: instantSchema,
  grantedBy: z.string(),
})
export type GrantView = z.output<typeof grantSchema>

export const giveRole = defineOperation({
  id: 'grants.give',
  method: 'POST',
  path: '/grants',
  summary: 'Give a role to a user',
  description:
    'Nobody gives roles to themselves, and nobody holds both a role that takes protections away and one that deletes. The same once more changes nothing.',
  right: 'people.write',
  params: nothing,
  query: nothing,
  body: z.object({
    user: signInNameSchema.describe('id or name'),
    role: roleSchema,
    project: idOrNameSchema.nullable().describe('null: the whole organisation'),
  }),
  status: 201,
  answer: grantSchema,
  problems: ['object.missing', 'role.conflict', 'role.self'],
})

export const takeRole = defineOperation({
  id: 'grants.take',
  method: 'DELETE',
  path: '/grants/{grant}',
  summary: 'Take a role from a user',
  right: 'people.write',
  params: z.object({ grant: idSchema }),
  query: nothing,
  body: undefined,
  status: 204,
  answer: nothing,
  problems: ['object.missing', 'role.last-officer'],
})

export const listGrants = defineOperation({
  id: 'grants.list',
  method: 'GET',
  path: '/grants',
  summary: 'List who holds which role where',
  right: 'audit.read',
  params: nothing,
  query: z.object({ ...pageQuery, user: signInNameSchema.optional().describe('id or name'), role: roleSchema.optional() }),
  body: undefined,
  status: 200,
  answer: pageOf(grantSchema),
  problems: ['object.missing'],
})
