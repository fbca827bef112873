import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nothing } from '../primitives.ts'

export const keySchema = z.object({
  id: idSchema,
  name: z.string(),
  publicId: z.string().describe('the readable part of the key'),
  projectId: idSchema.nullable().describe('null: in all projects of its maker'),
  scopes: z.array(z.string()).nullable().describe('null: all that its maker may do, except what no key does'),
  createdAt: instantSchema,
  createdBy: z.string().describe('the user whose rights are its bounds'),
  expiresAt: instantSchema.nullable(),
  lastUsedAt: instantSchema.nullable(),
  revokedAt: instantSchema.nullable(),
})
export type KeyView = z.output<typeof keySchema>

export const createKey = defineOperation({
  id: 'keys.create',
  method: 'POST',
  path: '/keys',
  summary: 'Make a key for a program',
  description:
    'It may do what its maker may do at the time, within its scopes; it never votes nor changes people. Shown once only.',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: z.object({
    name: z.string().min(1).max(100),
    scopes: z
      .array(z.string().max(100))
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .describe('ids of operations, groups of them such as `vaults.*`, or `read`'),
    project: idOrNameSchema.nullable().default(null).describe('null: in all projects of its maker'),
    expiresAt: instantSchema.nullable().describe('null: never'),
  }),
  status: 201,
  answer: z.object({ key: z.string().describe('to be sent as a bearer token'), created: keySchema }),
  problems: ['object.missing'],
  answersSecret: true,
})

export const listKeys = defineOperation({
  id: 'keys.list',
  method: 'GET',
  path: '/keys',
  summary: 'List your keys, or those of everybody',
  right: 'signed-in',
  params: nothing,
  query: z.object({
    ...pageQuery,
    everybody: z.stringbool().default(false).describe('needs the right audit.read in the whole organisation'),
  }),
  body: undefined,
  status: 200,
  answer: pageOf(keySchema),
  problems: [],
})

export const revokeKey = defineOperation({
  id: 'keys.revoke',
  method: 'DELETE',
  path: '/keys/{key}',
  summary: 'Revoke a key',
  description: 'One’s own; anybody’s with the right people.write.',
  right: 'signed-in',
  params: z.object({ key: idSchema }),
  query: nothing,
  body: undefined,
  status: 204,
  answer: nothing,
  problems: ['object.missing'],
})
