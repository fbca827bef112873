import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idSchema, instantSchema, nothing } from '../primitives.ts'

export const alarmSchema = z.object({
  id: idSchema,
  kind: z.string().describe('stable, such as `backup.failed`'),
  severity: z.enum(['warning', 'critical']),
  subject: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string().nullable() }),
  message: z.string(),
  raisedAt: instantSchema,
  seenAt: instantSchema.describe('when it was last found to hold'),
  clearedAt: instantSchema.nullable(),
})
export type AlarmView = z.output<typeof alarmSchema>

export const streamSchema = z.object({
  source: z.object({ id: idSchema, name: z.string() }),
  vault: z.object({ id: idSchema, name: z.string() }),
  state: z
    .enum(['STARTING', 'CAPTURING', 'RETRYING', 'GAP', 'STOPPED'])
    .describe('`STARTING` also while no worker has taken the log up again since the last one ended'),
  epoch: z.int().nullable().describe('counts how often the log was begun anew; between two of them is a gap'),
  windowFrom: instantSchema.nullable().describe('the first instant that any second from on can be restored'),
  windowThrough: instantSchema.nullable().describe("the last one, by the source's clock"),
  lagSeconds: z.number().nullable().describe('how old that is'),
  clockSkewMs: z.int().nullable().describe("how far the source's clock is ahead"),
  capturedBytes: z.int(),
  unfoldedBytes: z.int().describe('of log that is sealed, and in no recovery point yet'),
  isBaseNeeded: z.boolean().describe('no base stands that this log could be replayed on'),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
})
export type StreamView = z.output<typeof streamSchema>

export const statusSchema = z.object({
  health: z.enum(['ok', 'warning', 'critical']).describe('that of the worst alarm that holds'),
  version: z.string(),
  at: instantSchema,
  sources: z.int(),
  vaults: z.int(),
  points: z.int(),
  jobs: z.object({ waiting: z.int(), running: z.int(), failedInLastDay: z.int() }),
  workers: z.array(z.object({ id: idSchema, hostname: z.string(), pid: z.int(), version: z.string(), seenAt: instantSchema })),
  protection: z
    .array(
      z.object({
        source: z.object({ id: idSchema, name: z.string() }),
        state: z.enum(['ok', 'running', 'late', 'failed', 'never', 'unprotected']),
        lastPointAt: instantSchema.nullable(),
        nextRunAt: instantSchema.nullable(),
      }),
    )
    .describe('of the first thousand sources by name, those that are not well first'),
  streams: z.array(streamSchema).describe('the continuous logs, by source and vault'),
  alarms: z.array(alarmSchema).describe('those that hold, the worst first'),
})
export type StatusView = z.output<typeof statusSchema>

export const getStatus = defineOperation({
  id: 'status.get',
  method: 'GET',
  path: '/status',
  summary: 'How it all is: what is protected, what runs, what is wrong',
  right: 'read',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: statusSchema,
  problems: [],
})

export const listAlarms = defineOperation({
  id: 'alarms.list',
  method: 'GET',
  path: '/alarms',
  summary: 'List alarms, the newest first',
  right: 'read',
  params: nothing,
  query: z.object({ ...pageQuery, active: z.stringbool().optional().describe('only those that hold, or only those that do not') }),
  body: undefined,
  status: 200,
  answer: pageOf(alarmSchema),
  problems: [],
})
