import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { nothing } from '../primitives.ts'

export const settingsSchema = z.object({
  twoFactorMandatory: z.boolean().describe('whoever has no second factor can only enrol one; keys go on working'),
})
export type SettingsView = z.output<typeof settingsSchema>

export const getSettings = defineOperation({
  id: 'settings.get',
  method: 'GET',
  path: '/settings',
  summary: 'Show the settings of the organisation',
  right: 'audit.read',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: settingsSchema,
  problems: [],
})

export const changeSettings = defineOperation({
  id: 'settings.change',
  method: 'PATCH',
  path: '/settings',
  summary: 'Change settings of the organisation',
  description: 'What is not given stays. Takes effect at once, for open sessions too.',
  right: 'settings.write',
  params: nothing,
  query: nothing,
  body: settingsSchema.partial(),
  status: 200,
  answer: settingsSchema,
  problems: [],
})
