import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nothing, tagsSchema } from '../primitives.ts'
import { problemSchema } from '../problem.ts'

export const jobStateSchema = z.enum([
  'CREATED',
  'PENDING',
  'RUNNING',
  'RETRYING',
  'ABORTING',
  'ABORTED',
  'COMPLETED',
  'PARTIAL',
  'FAILED',
  'EXPIRED',
])
export type JobStateName = z.output<typeof jobStateSchema>

/** States that a job does not leave any more. */
export const finalJobStates: ReadonlySet<JobStateName> = new Set(['ABORTED', 'COMPLETED', 'PARTIAL', 'FAILED', 'EXPIRED'])

export const jobSchema = z.object({
  id: idSchema,
  kind: z.enum([
    'BACKUP',
    'CAPTURE',
    'COPY',
    'RESTORE',
    'EXPLAIN',
    'TIMELINE',
    'VERIFY',
    'PRUNE',
    'EXPIRE',
    'HOLD',
    'RECORD',
    'HEAL',
    'CATALOGUE_BACKUP',
  ]),
  state: jobStateSchema,
  message: z.string().nullable(),
  source: z.object({ id: idSchema.nullable(), name: z.string() }).nullable(),
  vault: z.object({ id: idSchema.nullable(), name: z.string() }).nullable(),
  plan: z.object({ id: idSchema, name: z.string(), rule: z.string().nullable() }).nullable(),
  pointId: idSchema.nullable().describe('the point that it made'),
  attempt: z.int(),
  percent: z.number().min(0).max(100),
  bytesDone: z.int(),
  bytesTotal: z.int().nullable(),
  itemsDone: z.int(),
  itemsTotal: z.int().nullable(),
  expectedEndAt: instantSchema.nullable(),
  startBy: instantSchema.nullable(),
  completeBy: instantSchema.nullable(),
  createdAt: instantSchema,
  startedAt: instantSchema.nullable(),
  completedAt: instantSchema.nullable(),
  error: problemSchema.pick({ code: true, detail: true, hint: true }).nullable(),
  result: z.record(z.string(), z.unknown()).nullable().describe('what came of it, in the words of its kind'),
})
export type JobView = z.output<typeof jobSchema>

export const startBackup = defineOperation({
  id: 'jobs.backup',
  method: 'POST',
  path: '/sources/{source}/backups',
  summary: 'Back up a source now',
  right: 'backup.run',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: z.object({
    vault: idOrNameSchema.optional().describe('the one of its plan when absent'),
    lifecycle: z.object({ deleteAfter: z.string(), moveToColdAfter: z.string() }).partial().optional(),
    tags: tagsSchema.default({}),
    description: z.string().max(500).optional(),
  }),
  status: 202,
  answer: jobSchema,
  problems: ['object.missing', 'object.ambiguous', 'policy.retention-invalid', 'source.credentials'],
})

export const startRestore = defineOperation({
  id: 'jobs.restore',
  method: 'POST',
  path: '/sources/{source}/restores',
  summary: 'Restore a source',
  right: 'restore.run',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: z.object({
    point: idSchema.optional().describe('the latest completed point when neither this nor `at` is given'),
    at: instantSchema.optional().describe('the newest state at or before this instant'),
    to: z.string().min(1).max(4096).describe('an absolute path on the machine of the worker'),
    overwrite: z.boolean().default(false),
  }),
  status: 202,
  answer: jobSchema,
  problems: ['object.missing', 'point.none', 'point.not-restorable', 'target.not-empty'],
})

export const startVerification = defineOperation({
  id: 'jobs.verify',
  method: 'POST',
  path: '/points/{point}/verifications',
  summary: 'Check a recovery point',
  right: 'backup.run',
  params: z.object({ point: idSchema }),
  query: nothing,
  body: z.object({ read: z.enum(['structure', 'sample', 'all']).default('all').describe('what of its data is read') }),
  status: 202,
  answer: jobSchema,
  problems: ['object.missing', 'point.not-restorable'],
})

export const startPrune = defineOperation({
  id: 'jobs.prune',
  method: 'POST',
  path: '/vaults/{vault}/prunes',
  summary: 'Give the space of expired points back',
  right: 'point.delete',
  params: z.object({ vault: idOrNameSchema }),
  query: nothing,
  body: nothing,
  status: 202,
  answer: jobSchema,
  problems: ['object.missing'],
})

export const startHeal = defineOperation({
  id: 'vaults.heal',
  method: 'POST',
  path: '/vaults/{vault}/heals',
  summary: 'Look for what was done to a vault behind its back, and undo it',
  description:
    'Finds files that were hidden, replaced, planted or removed, and locks that are not what they should be. What can be brought back is brought back; nothing that is locked can have been destroyed. The server looks by itself daily at vaults with a lock.',
  right: 'vault.write',
  params: z.object({ vault: idOrNameSchema }),
  query: nothing,
  body: z.object({ dryRun: z.boolean().default(false).describe('only look') }),
  status: 202,
  answer: jobSchema,
  problems: ['object.missing'],
})

export const readJobLog = defineOperation({
  id: 'jobs.log',
  method: 'GET',
  path: '/jobs/{job}/log',
  summary: 'Read what a job said, the oldest first',
  right: 'read',
  params: z.object({ job: idSchema }),
  query: z.object({ ...pageQuery }),
  body: undefined,
  status: 200,
  answer: pageOf(
    z.object({ number: z.int(), at: instantSchema, level: z.enum(['info', 'warning', 'error']), message: z.string() }),
  ),
  problems: ['object.missing'],
})

export const listJobs = defineOperation({
  id: 'jobs.list',
  method: 'GET',
  path: '/jobs',
  summary: 'List jobs, the newest first',
  right: 'read',
  params: nothing,
  query: z.object({
    ...pageQuery,
    state: jobStateSchema.optional(),
    active: z.stringbool().optional().describe('only those that have not ended'),
    kind: jobSchema.shape.kind.optional(),
    source: idOrNameSchema.optional(),
  }),
  body: undefined,
  status: 200,
  answer: pageOf(jobSchema),
  problems: ['object.missing'],
})

export const getJob = defineOperation({
  id: 'jobs.get',
  method: 'GET',
  path: '/jobs/{job}',
  summary: 'Show a job',
  right: 'read',
  params: z.object({ job: idSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: jobSchema,
  problems: ['object.missing'],
})

export const watchJob = defineOperation({
  id: 'jobs.watch',
  method: 'GET',
  path: '/jobs/{job}/events',
  summary: 'Follow a job',
  description: 'An event with the whole job at once and at each change. The stream ends once the job has.',
  right: 'read',
  params: z.object({ job: idSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: jobSchema,
  problems: ['object.missing'],
  isStream: true,
})

export const cancelJob = defineOperation({
  id: 'jobs.cancel',
  method: 'POST',
  path: '/jobs/{job}/cancel',
  summary: 'Cancel a job',
  description: 'A job that waits ends at once; one that runs is asked to stop and stores no point. Repeating it changes nothing.',
  right: 'backup.run',
  params: z.object({ job: idSchema }),
  query: nothing,
  body: undefined,
  status: 202,
  answer: jobSchema,
  problems: ['object.missing', 'job.ended'],
})
