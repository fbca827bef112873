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
  phase: z
    .enum(['laying-out', 'fetching-log', 'replaying', 'loading', 'checking'])
    .nullable()
    .describe('what a restore is at while it runs; log may still be fetched while it is replayed'),
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

/** What a restore goes back to. More than one of the first five is refused. */
const logTargetSchema = z.object({
  at: instantSchema
    .optional()
    .describe('of a source with a log the state at this very instant, up to microseconds; otherwise the newest point by then'),
  position: z.string().max(100).optional().describe("a place in the log, in the engine's own writing, such as an LSN"),
  transaction: z.string().max(100).optional().describe('just after this transaction'),
  marker: z.string().max(200).optional().describe('a name that was put into the log, such as a restore point'),
  latest: z.boolean().default(false).describe('the end of the log'),
  branch: z.string().max(100).optional().describe('the history that counts, such as a timeline; the one that goes on when absent'),
})
export type LogTarget = z.output<typeof logTargetSchema>

const restoreSchema = z.object({
  ...logTargetSchema.shape,
  point: idSchema.optional().describe('without this and any other target the latest state, or the latest completed point'),
  to: z.string().min(1).max(4096).optional().describe('an absolute path on the machine of the worker; either this or `into`'),
  into: z
    .object({
      config: z.record(z.string(), z.unknown()).describe("as that of a source of the point's engine"),
      secrets: z.record(z.string(), z.unknown()).optional().describe('kept encrypted until the job ends, never shown again'),
    })
    .optional()
    .describe('a running engine that takes what is restored'),
  parts: z
    .array(z.string().min(1).max(1000))
    .min(1)
    .max(1000)
    .optional()
    .describe(
      "only these, in the words of the engine; see its page: PostgreSQL's tables, as schema.table; whole schemas and databases are in `options`",
    ),
  overwrite: z.boolean().default(false),
  options: z.record(z.string(), z.unknown()).optional().describe('what only the engine knows of; see the page of the engine'),
})

export const startRestore = defineOperation({
  id: 'jobs.restore',
  method: 'POST',
  path: '/sources/{source}/restores',
  summary: 'Restore a source',
  right: 'restore.run',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: restoreSchema,
  status: 202,
  answer: jobSchema,
  problems: [
    'object.missing',
    'point.none',
    'point.not-restorable',
    'source.config-invalid',
    'target.not-empty',
    'journal.outside-window',
  ],
})

export const explainRestore = defineOperation({
  id: 'jobs.explain',
  method: 'POST',
  path: '/sources/{source}/explanations',
  summary: 'Find out what a restore would do',
  description:
    "Changes nothing. The job's result tells the base, or the point; how much log follows it, the last that is kept and the first that is left out, where there is a log; and, where `to` or `into` says where it would go, what stands in the way there, found by the checks that the restore makes itself on the machine that would make it. Secrets of `into` are kept until the job ends.",
  right: 'restore.run',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: restoreSchema,
  status: 202,
  answer: jobSchema,
  problems: ['object.missing', 'point.none', 'point.not-restorable', 'source.config-invalid', 'journal.outside-window'],
})

export const listTimeline = defineOperation({
  id: 'jobs.timeline',
  method: 'POST',
  path: '/sources/{source}/timelines',
  summary: "List what a vault has of a source's log",
  description: "The job's result has its epochs, windows, gaps and branches, and the bases that it can be replayed on.",
  right: 'read',
  params: z.object({ source: idOrNameSchema }),
  query: nothing,
  body: z.object({
    vault: idOrNameSchema.optional(),
    since: instantSchema.optional().describe('with this or `until`, what happened minute by minute is told as well'),
    until: instantSchema.optional().describe('now when absent; `since` is an hour before when absent'),
  }),
  status: 202,
  answer: jobSchema,
  problems: ['object.missing'],
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
