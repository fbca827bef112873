import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nameSchema, nothing, tagsSchema } from '../primitives.ts'

export const findingSchema = z.object({
  severity: z.enum(['error', 'warning', 'note']),
  code: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
})

export const sourceSchema = z.object({
  id: idSchema,
  name: nameSchema,
  engine: z.string(),
  state: z.enum(['READY', 'CREDENTIALS_NEEDED', 'UNREACHABLE']),
  config: z.record(z.string(), z.unknown()).describe('as configured, without secrets'),
  tier: z.string().nullable(),
  environment: z.string().nullable(),
  region: z.string(),
  account: z.string(),
  tags: tagsSchema,
  findings: z.array(findingSchema).describe('of the last connection check'),
  checkedAt: instantSchema.nullable(),
  createdAt: instantSchema,
  lastPointAt: instantSchema.nullable(),
  nextRunAt: instantSchema.nullable(),
})
export type SourceView = z.output<typeof sourceSchema>

export const newSourceSchema = z.object({
  name: nameSchema,
  engine: z.string().min(1).max(64),
  config: z.record(z.string(), z.unknown()).describe('what the engine needs to be told; see the page of the engine'),
  secrets: z.record(z.string(), z.unknown()).optional().describe('kept encrypted, never shown again'),
  tier: z.string().max(64).optional(),
  environment: z.string().max(64).optional(),
  region: z.string().max(64).optional(),
  resourceArn: z.string().max(2048).optional(),
  tags: tagsSchema.default({}),
  acceptFindings: z.boolean().default(false),
})

export const createSource = defineOperation({
  id: 'sources.create',
  method: 'POST',
  path: '/sources',
  summary: 'Register a source',
  description: 'Checks the connection first. A source with an error finding is refused unless `acceptFindings` is true.',
  right: 'source.write',
  params: nothing,
  query: nothing,
  body: newSourceSchema,
  status: 201,
  answer: sourceSchema,
  problems: ['object.exists', 'source.config-invalid', 'source.unreachable', 'source.credentials', 'source.unfit'],
})

export const listSources = defineOperation({
  id: 'sources.list',
  method: 'GET',
  path: '/sources',
  summary: 'List sources',
  right: 'read',
  params: nothing,
  query: z.object({
    ...pageQuery,
    engine: z.string().optional(),
    tag: z.string().optional().describe('`key=value`'),
    search: z.string().max(200).optional().describe('part of the name'),
  }),
  body: undefined,
  status: 200,
  answer: pageOf(sourceSchema),
  problems: [],
})

export const getSource = defineOperation({
  id: 'sources.get',
  method: 'GET',
  path: '/sources/{source}',
  summary: 'Show a source',
  right: 'read',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: sourceSchema,
  problems: ['object.missing'],
})

export const checkSource = defineOperation({
  id: 'sources.check',
  method: 'POST',
  path: '/sources/{source}/check',
  summary: 'Check the connection to a source',
  right: 'backup.run',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: sourceSchema,
  problems: ['object.missing'],
})

export const updateSource = defineOperation({
  id: 'sources.update',
  method: 'PATCH',
  path: '/sources/{source}',
  summary: 'Change how a source is reached',
  description:
    'What is given replaces what was there: the whole configuration, all secrets. Checks the connection first, and changes nothing when an error is found, unless `acceptFindings` is true. A capture that runs goes on, and reaches the source in the new way when it next connects.',
  right: 'source.write',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: z.object({
    config: newSourceSchema.shape.config.optional(),
    secrets: newSourceSchema.shape.secrets,
    acceptFindings: z.boolean().default(false),
  }),
  status: 200,
  answer: sourceSchema,
  problems: [
    'object.missing',
    'object.exists',
    'source.config-invalid',
    'source.unreachable',
    'source.credentials',
    'source.unfit',
  ],
})

export const deleteSource = defineOperation({
  id: 'sources.delete',
  method: 'DELETE',
  path: '/sources/{source}',
  summary: 'Stop protecting a source',
  description:
    'Its recovery points stay until they expire. The capture of its log ends first, and what the source keeps for us, such as a replication slot, is given back. Refused while any other job of it runs.',
  right: 'source.write',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: z.object({ findings: z.array(findingSchema).describe('what the source could not be told') }),
  problems: ['object.missing', 'object.in-use'],
})
