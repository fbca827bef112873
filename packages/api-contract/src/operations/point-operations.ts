import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nothing, tagsSchema } from '../primitives.ts'

export const pointSchema = z.object({
  id: idSchema,
  source: z.object({ id: idSchema.nullable(), name: z.string() }),
  engine: z.string(),
  vault: z.object({ id: idSchema, name: z.string() }),
  snapshotId: z.string().describe('what stock restic knows it by'),
  state: z.enum(['CREATING', 'AVAILABLE', 'COMPLETED', 'PARTIAL', 'STOPPED', 'EXPIRED', 'DELETING']),
  message: z.string().nullable(),
  verification: z.enum(['PENDING', 'STRUCTURE', 'SAMPLED', 'FULL', 'FAILED']),
  verifiedAt: instantSchema.nullable(),
  consistentAt: instantSchema.nullable().describe('the instant that the data shows'),
  createdAt: instantSchema,
  completedAt: instantSchema.nullable(),
  sizeBytes: z.int(),
  storedBytes: z.int().nullable().describe('what it added to the vault'),
  items: z.int().nullable(),
  deleteAt: instantSchema.nullable(),
  lockUntil: instantSchema.nullable(),
  keepLevels: z.array(z.string()),
  holds: z.array(idSchema),
  rule: z.string().nullable(),
  tags: tagsSchema,
})
export type PointView = z.output<typeof pointSchema>

export const listPoints = defineOperation({
  id: 'points.list',
  method: 'GET',
  path: '/points',
  summary: 'List recovery points, the newest first',
  right: 'read',
  params: nothing,
  query: z.object({
    ...pageQuery,
    source: idOrNameSchema.optional(),
    vault: idOrNameSchema.optional(),
    state: pointSchema.shape.state.optional(),
    createdAfter: instantSchema.optional(),
    createdBefore: instantSchema.optional(),
  }),
  body: undefined,
  status: 200,
  answer: pageOf(pointSchema),
  problems: ['object.missing'],
})

export const getPoint = defineOperation({
  id: 'points.get',
  method: 'GET',
  path: '/points/{point}',
  summary: 'Show a recovery point',
  right: 'read',
  params: z.object({ point: idSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: pointSchema,
  problems: ['object.missing'],
})

export const deletePoint = defineOperation({
  id: 'points.delete',
  method: 'DELETE',
  path: '/points/{point}',
  summary: 'Delete a recovery point',
  description:
    'Refused while it is locked, held, being copied or needed by the window of a log, and for the last good point of a source without `evenLast`.',
  right: 'point.delete',
  params: z.object({ point: idSchema }),
  query: z.object({ evenLast: z.stringbool().default(false) }),
  body: undefined,
  status: 202,
  answer: pointSchema,
  problems: ['object.missing', 'point.locked', 'point.held', 'point.last', 'point.busy', 'point.needed'],
})
