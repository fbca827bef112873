import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { idSchema, instantSchema, nothing } from '../primitives.ts'

export const addressRuleSchema = z.object({
  id: idSchema,
  network: z.string().describe('CIDR'),
  description: z.string(),
  createdAt: instantSchema,
  createdBy: z.string(),
})
export type AddressRuleView = z.output<typeof addressRuleSchema>

export const listAddressRules = defineOperation({
  id: 'address-rules.list',
  method: 'GET',
  path: '/address-rules',
  summary: 'List the networks that the organisation may be reached from',
  description: 'From everywhere while the list is empty.',
  right: 'audit.read',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: z.object({ items: z.array(addressRuleSchema) }),
  problems: [],
})

export const addAddressRule = defineOperation({
  id: 'address-rules.add',
  method: 'POST',
  path: '/address-rules',
  summary: 'Admit a network',
  description: 'Refused when the list would then shut out who adds to it.',
  right: 'settings.write',
  params: nothing,
  query: nothing,
  body: z.object({
    network: z.string().min(1).max(64).describe('an address, or CIDR such as 192.0.2.0/24'),
    description: z.string().max(200).default(''),
  }),
  status: 201,
  answer: addressRuleSchema,
  problems: ['object.exists', 'auth.address'],
})

export const removeAddressRule = defineOperation({
  id: 'address-rules.remove',
  method: 'DELETE',
  path: '/address-rules/{rule}',
  summary: 'Admit a network no more',
  right: 'settings.write',
  params: z.object({ rule: idSchema }),
  query: nothing,
  body: undefined,
  status: 204,
  answer: nothing,
  problems: ['object.missing', 'auth.address'],
})
