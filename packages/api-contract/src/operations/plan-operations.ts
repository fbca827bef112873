import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nameSchema, nothing } from '../primitives.ts'
import { pointSchema } from './point-operations.ts'

export const policyFindingSchema = z.object({
  severity: z.enum(['error', 'warning']),
  at: z.string().describe('a JSON pointer into the document'),
  message: z.string(),
  hint: z.string().optional(),
})

export const planSchema = z.object({
  id: idSchema,
  name: z.string(),
  version: z.int(),
  versionId: idSchema,
  timeZone: z.string(),
  rules: z.array(
    z.object({
      id: idSchema,
      name: z.string(),
      schedule: z.string().nullable().describe('absent: on demand or by event only'),
      timeZone: z.string(),
      targetVault: z.string(),
      nextRuns: z.array(instantSchema).describe('the next ten'),
    }),
  ),
  selections: z.array(z.string()).describe('their names'),
  document: z.unknown().describe('as it was given'),
  createdAt: instantSchema,
})
export type PlanView = z.output<typeof planSchema>

const planRequest = z.object({
  document: z.union([z.record(z.string(), z.unknown()), z.string()]).describe('the document, or its text'),
  name: nameSchema.optional().describe('for a document that names no plan'),
  targetVault: nameSchema.optional().describe('for a document that names no vault'),
})

const planProblems = [
  'policy.plan-invalid',
  'policy.schedule-invalid',
  'policy.retention-invalid',
  'policy.selection-invalid',
] as const

export const applyPlan = defineOperation({
  id: 'plans.apply',
  method: 'PUT',
  path: '/plans',
  summary: 'Make a plan, or a new version of the one with its name',
  description:
    'Takes a document of Coffre, of AWS Backup, or an Atlas backup policy. Rules keep their ids for as long as they keep their names. ' +
    'A document that is the current version changes nothing. Recovery points that exist keep their lifecycles, unless the document says ' +
    '`applyToExisting`: then those of its rules get the new ones, except where a lock lasts longer or would not allow it.',
  right: 'plan.write',
  params: nothing,
  query: nothing,
  body: planRequest,
  status: 200,
  answer: z.object({ plan: planSchema, findings: z.array(policyFindingSchema), isChanged: z.boolean() }),
  problems: [...planProblems],
})

const textSchema = z.object({ en: z.string(), fr: z.string() })

const verdictSchema = z.object({
  kind: z
    .enum(['keep', 'expires', 'expire', 'blocked'])
    .describe('`expire`: at once; `blocked`: it would, if nothing were in the way'),
  at: instantSchema.nullable().describe('when it expires, or has been due since; null while no date is known'),
  reasons: z
    .array(z.string())
    .describe('why it is kept or goes: levels such as `daily`, `for-ever`, `no-successor`, `term`, `extra` …'),
  blockers: z.array(z.string()).describe('what is in the way: `lock`, `hold`, `copy`, `last-point` …'),
})
export type VerdictView = z.output<typeof verdictSchema>

export const planPreviewSchema = z.object({
  name: z.string(),
  version: z.int().describe('that it would be'),
  isChanged: z.boolean().describe('whether it is another document than the current version'),
  findings: z.array(policyFindingSchema),
  rules: z.array(
    z.object({
      name: z.string(),
      schedule: z.string().nullable(),
      words: textSchema.nullable().describe('the schedule in English and French'),
      timeZone: z.string(),
      targetVault: z.string(),
      nextRuns: z.array(instantSchema).describe('the next ten'),
    }),
  ),
  selections: z.array(
    z.object({
      name: z.string(),
      picks: z.int().describe('how many sources'),
      sources: z
        .array(z.object({ id: idSchema, name: z.string(), reasons: z.array(textSchema) }))
        .describe('the first hundred of them by name, and why'),
    }),
  ),
  points: z.object({
    appliesToExisting: z.boolean(),
    seen: z.int().describe('of the sources that the rules have points of'),
    changed: z.int().describe('of which something else would be said'),
    expiringMore: z.int().describe('that would go at once, and now would not'),
    expiringLess: z.int().describe('that go at once now, and then would not'),
    changes: z
      .array(
        pointSchema.pick({ id: true, source: true, vault: true }).extend({
          rule: z.string().nullable(),
          completedAt: instantSchema,
          before: verdictSchema,
          after: verdictSchema,
        }),
      )
      .describe('the first hundred, the oldest of each source first'),
  }),
})
export type PlanPreviewView = z.output<typeof planPreviewSchema>

export const previewPlan = defineOperation({
  id: 'plans.preview',
  method: 'POST',
  path: '/plans/preview',
  summary: 'Show what a plan would do',
  description: 'Changes nothing: when its rules would run, what they would pick, and what would become of points that exist.',
  right: 'read',
  params: nothing,
  query: nothing,
  body: planRequest,
  status: 200,
  answer: planPreviewSchema,
  problems: [...planProblems],
})

export const listPlans = defineOperation({
  id: 'plans.list',
  method: 'GET',
  path: '/plans',
  summary: 'List plans',
  right: 'read',
  params: nothing,
  query: z.object({ ...pageQuery }),
  body: undefined,
  status: 200,
  answer: pageOf(planSchema),
  problems: [],
})

export const getPlan = defineOperation({
  id: 'plans.get',
  method: 'GET',
  path: '/plans/{plan}',
  summary: 'Show a plan',
  right: 'read',
  params: z.object({ plan: idOrNameSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: planSchema,
  problems: ['object.missing'],
})

export const deletePlan = defineOperation({
  id: 'plans.delete',
  method: 'DELETE',
  path: '/plans/{plan}',
  summary: 'Delete a plan',
  description: 'Its rules run no more. What they made stays until it expires.',
  right: 'plan.write',
  params: z.object({ plan: idOrNameSchema }),
  query: nothing,
  body: undefined,
  status: 204,
  answer: nothing,
  problems: ['object.missing'],
})
