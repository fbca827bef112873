import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { idOrNameSchema, instantSchema, nothing } from '../primitives.ts'
import { planSchema, policyFindingSchema } from './plan-operations.ts'

const textSchema = z.object({ en: z.string(), fr: z.string() })

export const presetSchema = z.object({
  name: z.string(),
  title: textSchema,
  text: textSchema,
  origin: z.array(z.string()).describe('the requirements that it carries out'),
  parameters: z.array(
    z.object({
      name: z.string(),
      text: textSchema,
      value: z.string().describe('without another; may name other parameters in braces'),
      listMin: z.int().optional().describe('values with commas between them, at least so many'),
    }),
  ),
  choices: z
    .array(z.object({ about: z.string(), text: textSchema }))
    .describe('what was chosen where requirements contradict each other or are silent'),
})
export type PresetView = z.output<typeof presetSchema>

/** What a preset asks for beside its plans, which is for others to make. */
const presetWishes = {
  vaults: z.array(
    z.object({
      name: z.string(),
      isThere: z.boolean(),
      purpose: z.string(),
      region: z.string().optional(),
      encryption: z.string(),
      storage: z.array(z.string()),
      shortRetention: z.string().optional(),
      longRetention: z.string().optional(),
      lock: z.enum(['governance', 'compliance']).optional(),
    }),
  ),
  restoreTests: z.array(
    z.object({
      name: z.string(),
      text: textSchema,
      cadence: z.string(),
      schedule: z.string().nullable(),
      words: textSchema.nullable(),
      sources: z.array(z.string()).optional(),
      environment: textSchema.optional(),
      nextRun: instantSchema.nullable(),
    }),
  ),
  notifications: z.array(z.object({ topic: z.string(), events: z.array(z.enum(['failure', 'success'])) })),
  objectives: z
    .object({
      rpoHours: z.number(),
      rtoHours: z.number(),
      exceptions: z.array(z.object({ sources: z.string(), rpoHours: z.number() })).optional(),
    })
    .optional(),
}

export const presetDetailSchema = presetSchema.extend({
  plans: z
    .array(z.object({ name: z.string(), document: z.unknown() }))
    .describe('with the values that the parameters have by themselves'),
  ...presetWishes,
})
export type PresetDetailView = z.output<typeof presetDetailSchema>

export const appliedPresetSchema = z.object({
  preset: z.string(),
  plans: z.array(z.object({ plan: planSchema, findings: z.array(policyFindingSchema), isChanged: z.boolean() })),
  ...presetWishes,
})
export type AppliedPresetView = z.output<typeof appliedPresetSchema>

export const listPresets = defineOperation({
  id: 'presets.list',
  method: 'GET',
  path: '/presets',
  summary: 'List the presets',
  right: 'read',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: z.object({ items: z.array(presetSchema) }),
  problems: [],
})

const presetInPath = z.object({ preset: z.string().min(1).max(64) })

export const getPreset = defineOperation({
  id: 'presets.get',
  method: 'GET',
  path: '/presets/{preset}',
  summary: 'Show a preset, and what applying it would make',
  right: 'read',
  params: presetInPath,
  query: nothing,
  body: undefined,
  status: 200,
  answer: presetDetailSchema,
  problems: ['object.missing'],
})

export const applyPreset = defineOperation({
  id: 'presets.apply',
  method: 'POST',
  path: '/presets/{preset}/apply',
  summary: 'Apply a preset: all of its plans, or none',
  description:
    'A plan that has the name of one that is there becomes its new version. Vaults, notifications and restore tests that the preset ' +
    'asks for, too, are named in the answer; nothing of them is made.',
  right: 'plan.write',
  params: presetInPath,
  query: nothing,
  body: z.object({
    vault: idOrNameSchema.optional().describe('for the points; one that is there'),
    parameters: z.record(z.string().max(64), z.string().max(4000)).default({}),
  }),
  status: 200,
  answer: appliedPresetSchema,
  problems: [
    'object.missing',
    'usage.invalid',
    'policy.plan-invalid',
    'policy.schedule-invalid',
    'policy.retention-invalid',
    'policy.selection-invalid',
  ],
})
