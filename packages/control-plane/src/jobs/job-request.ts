import type { Lifecycle } from '@coffre/policy'
import { z } from 'zod'
import type { JobKind } from '../catalogue/tables/work-tables.ts'

const termSchema = z.object({ value: z.int().positive(), unit: z.enum(['hours', 'days', 'weeks', 'months', 'years']) })

const lifecycleSchema: z.ZodType<Lifecycle> = z.object({
  deleteAfter: termSchema.exactOptional(),
  moveToColdAfter: termSchema.exactOptional(),
  keep: z
    .object({
      hourly: z.int().exactOptional(),
      daily: z.int().exactOptional(),
      weekly: z.int().exactOptional(),
      monthly: z.int().exactOptional(),
      yearly: z.int().exactOptional(),
    })
    .exactOptional(),
})

/** The state folder of whose workers can do it; null when any worker can. */
const machineSchema = z.string().nullable()

/** What is wanted back of a source with a log. */
const logWishSchema = z.object({
  engine: z.string(),
  target: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('latest') }),
    z.object({ kind: z.literal('time'), us: z.int() }),
    z.object({ kind: z.literal('transaction'), id: z.string() }),
    z.object({ kind: z.literal('name'), name: z.string() }),
    z.object({ kind: z.literal('position'), text: z.string() }),
  ]),
  branch: z.string().exactOptional(),
})
export type LogWish = z.output<typeof logWishSchema>

/** A point as it is; or what a source with a log is to be replayed to, with what only its engine knows of. */
const restoreSchema = z.object({
  machine: machineSchema,
  pointId: z.uuid().exactOptional(),
  wish: logWishSchema.exactOptional(),
  /** A folder; or a running engine, of this one's configuration, whose secret the job's row names. */
  to: z.string().exactOptional(),
  into: z.object({ config: z.record(z.string(), z.unknown()) }).exactOptional(),
  parts: z.array(z.string()).exactOptional(),
  overwrite: z.boolean(),
  options: z.record(z.string(), z.unknown()).exactOptional(),
})

/** What each kind of job is asked for, beside what its row says. Written by a server, read by a worker, perhaps of a later version. */
export const jobRequestSchemas = {
  BACKUP: z.object({
    machine: machineSchema,
    lifecycle: lifecycleSchema,
    timeZone: z.string(),
    tags: z.record(z.string(), z.string()),
    description: z.string().nullable(),
    isOnDemand: z.boolean(),
    copies: z.array(z.object({ targetVault: z.string(), lifecycle: lifecycleSchema })),
  }),
  COPY: z.object({ machine: machineSchema, pointId: z.uuid(), lifecycle: lifecycleSchema, timeZone: z.string() }),
  /** Captures a source's log until it is told to end. */
  CAPTURE: z.object({ machine: machineSchema }),
  RESTORE: restoreSchema,
  /** Finds out what a restore would do; where a target is named, also what stands in its way there. */
  EXPLAIN: restoreSchema,
  /** Lists what a vault has of a source's log; with `map` also what happened in it, minute by minute. */
  TIMELINE: z.object({
    machine: machineSchema,
    map: z.object({ engine: z.string(), sinceUs: z.int(), untilUs: z.int() }).exactOptional(),
  }),
  VERIFY: z.object({ machine: machineSchema, pointId: z.uuid(), read: z.enum(['structure', 'sample', 'all']) }),
  EXPIRE: z.object({
    machine: machineSchema,
    /** With the state that each was in: what cannot be removed gets it back. */
    points: z.array(z.object({ id: z.uuid(), state: z.enum(['AVAILABLE', 'COMPLETED', 'PARTIAL']) })).min(1),
  }),
  PRUNE: z.object({ machine: machineSchema }),
  /** Makes the vault's holds what the catalogue says, as it is when the job runs. */
  HOLD: z.object({ machine: machineSchema }),
  /** Tells the vault what a lost catalogue is rebuilt from. */
  RECORD: z.object({ machine: machineSchema }),
  /** Looks for what was done to the vault behind its back; undoes it where that was asked for. */
  HEAL: z.object({ machine: machineSchema, mends: z.boolean() }),
  CATALOGUE_BACKUP: z.object({ machine: machineSchema }),
} as const satisfies Record<JobKind, z.ZodType>

export type JobRequest<Kind extends JobKind> = z.output<(typeof jobRequestSchemas)[Kind]>

export function requestOf<Kind extends JobKind>(kind: Kind, job: { readonly request: object }): JobRequest<Kind> {
  return jobRequestSchemas[kind].parse(job.request) as JobRequest<Kind>
}
