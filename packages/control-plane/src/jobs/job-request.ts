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
  RESTORE: z.object({ machine: machineSchema, pointId: z.uuid(), to: z.string(), overwrite: z.boolean() }),
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
