import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nothing } from '../primitives.ts'
import { approvalProblems } from './approval-operations.ts'
import { pointSchema } from './point-operations.ts'

export const holdSchema = z.object({
  id: idSchema,
  title: z.string(),
  description: z.string(),
  state: z.enum(['CREATING', 'ACTIVE', 'CANCELING', 'CANCELED']),
  query: z.object({
    vaults: z.array(idSchema),
    sources: z.array(idSchema),
    createdAfter: instantSchema.nullable(),
    createdBefore: instantSchema.nullable(),
  }),
  points: z.int().describe('that it holds, or held when it was lifted'),
  createdAt: instantSchema,
  createdBy: z.string(),
  liftedAt: instantSchema.nullable(),
  liftReason: z.string().nullable(),
})
export type HoldView = z.output<typeof holdSchema>

export const createHold = defineOperation({
  id: 'holds.create',
  method: 'POST',
  path: '/holds',
  summary: 'Hold recovery points for a legal reason',
  description:
    'Nothing deletes what is held, whatever its lifecycle says. Holds every point that all given conditions fit, those that are there and, until it is lifted, those that come.',
  right: 'hold.write',
  params: nothing,
  query: nothing,
  body: z.object({
    title: z.string().trim().min(1).max(200),
    description: z.string().trim().min(1).max(2000),
    query: z
      .strictObject({
        vaults: z.array(idOrNameSchema).min(1).max(1000).optional(),
        sources: z.array(idOrNameSchema).min(1).max(1000).optional(),
        createdAfter: instantSchema.optional().describe('this instant included'),
        createdBefore: instantSchema.optional().describe('this instant excluded'),
      })
      .refine((query) => Object.values(query).some((condition) => condition !== undefined), 'has no condition'),
  }),
  status: 201,
  answer: holdSchema,
  problems: ['object.missing'],
})

export const listHolds = defineOperation({
  id: 'holds.list',
  method: 'GET',
  path: '/holds',
  summary: 'List legal holds, the newest first',
  right: 'read',
  params: nothing,
  query: z.object({ ...pageQuery, state: holdSchema.shape.state.optional() }),
  body: undefined,
  status: 200,
  answer: pageOf(holdSchema),
  problems: [],
})

const holdInPath = z.object({ hold: idSchema })

export const getHold = defineOperation({
  id: 'holds.get',
  method: 'GET',
  path: '/holds/{hold}',
  summary: 'Show a legal hold',
  right: 'read',
  params: holdInPath,
  query: nothing,
  body: undefined,
  status: 200,
  answer: holdSchema,
  problems: ['object.missing'],
})

export const listHeldPoints = defineOperation({
  id: 'holds.points',
  method: 'GET',
  path: '/holds/{hold}/points',
  summary: 'List the recovery points of a legal hold, the newest first',
  right: 'read',
  params: holdInPath,
  query: z.object({ ...pageQuery }),
  body: undefined,
  status: 200,
  answer: pageOf(
    pointSchema.pick({ id: true, source: true, vault: true, snapshotId: true, state: true, createdAt: true, sizeBytes: true }),
  ),
  problems: ['object.missing'],
})

export const liftHold = defineOperation({
  id: 'holds.lift',
  method: 'POST',
  path: '/holds/{hold}/lift',
  summary: 'Lift a legal hold',
  description: 'Needs an approval of several people. Its record stays.',
  right: 'hold.write',
  params: holdInPath,
  query: nothing,
  body: z.object({ approval: idSchema.optional() }),
  status: 200,
  answer: holdSchema,
  problems: ['object.missing', 'hold.lifted', ...approvalProblems],
})
