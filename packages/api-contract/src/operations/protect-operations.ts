import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { idOrNameSchema, nameSchema, nothing } from '../primitives.ts'
import { planSchema, policyFindingSchema } from './plan-operations.ts'
import { newSourceSchema, sourceSchema } from './source-operations.ts'

export const protectSource = defineOperation({
  id: 'sources.protect',
  method: 'POST',
  path: '/protections',
  summary: 'Register a source and give it a plan of its own, in one step',
  description:
    'The plan has the name of the source, one rule named `main`, and a selection with this source alone. All of it is made, or nothing.',
  right: 'plan.write',
  params: nothing,
  query: nothing,
  body: newSourceSchema.extend({
    vault: idOrNameSchema,
    schedule: z
      .string()
      .max(256)
      .optional()
      .describe('`every 6h`, `cron(0 3 * * ? *)`, `0 3 * * *`, `rate(1 day)`; on demand only when absent'),
    keep: z.string().max(100).optional().describe('counts per period, such as `7d,4w,12m`'),
    deleteAfter: z.string().max(20).optional().describe('a term, such as `35d`; for ever when neither this nor `keep` is given'),
    continuous: z.boolean().default(false).describe('capture its log between backups as well'),
    window: z
      .string()
      .max(20)
      .optional()
      .describe(
        'how far back any second stays restorable, in whole days such as `7d`; backups are kept as long as that takes, unless `keep` or `deleteAfter` says longer',
      ),
    timeZone: z.string().max(64).default('UTC'),
    planName: nameSchema.optional().describe('the name of the source when absent'),
  }),
  status: 201,
  answer: z.object({ source: sourceSchema, plan: planSchema, findings: z.array(policyFindingSchema) }),
  problems: [
    'object.exists',
    'object.missing',
    'source.config-invalid',
    'source.unreachable',
    'source.credentials',
    'source.unfit',
    'policy.plan-invalid',
    'policy.schedule-invalid',
    'policy.retention-invalid',
  ],
})
