import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nameSchema, nothing } from '../primitives.ts'

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

export const applyPlan = defineOperation({
  id: 'plans.apply',
  method: 'PUT',
  path: '/plans',
  summary: 'Make a plan, or a new version of the one with its name',
  description:
    'Takes a document of Coffre, of AWS Backup, or an Atlas backup policy. Rules keep their ids for as long as they keep their names. ' +
    'A document that is the current version changes nothing.',
  right: 'plan.write',
  params: nothing,
  query: nothing,
  body: z.object({
    document: z.union([z.record(z.string(), z.unknown()), z.string()]).describe('the document, or its text'),
    name: nameSchema.optional().describe('for a document that names no plan'),
    targetVault: nameSchema.optional().describe('for a document that names no vault'),
  }),
  status: 200,
  answer: z.object({ plan: planSchema, findings: z.array(policyFindingSchema), isChanged: z.boolean() }),
  problems: ['policy.plan-invalid', 'policy.schedule-invalid', 'policy.retention-invalid', 'policy.selection-invalid'],
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
