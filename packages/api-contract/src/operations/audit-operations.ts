import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idSchema, instantSchema, nothing } from '../primitives.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)

export const auditEntrySchema = z.object({
  number: z.int().describe('its place in the chain, which all organisations of a server share'),
  at: instantSchema,
  orgId: idSchema,
  projectId: idSchema.nullable(),
  principal: z.string(),
  operation: z.string(),
  target: z.string().nullable(),
  outcome: z.enum(['ALLOWED', 'DENIED', 'FAILED']),
  code: z.string().nullable().describe('of the problem that it was answered with'),
  detail: z.record(z.string(), z.unknown()),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  previousHash: hash,
  hash: hash.describe('SHA-256 over the hash before it and every field'),
})
export type AuditEntryView = z.output<typeof auditEntrySchema>

const filter = {
  principal: z.string().max(100).optional(),
  operation: z.string().max(100).optional().describe('an id, or a group of them such as `vaults.*`'),
  target: z.string().max(500).optional(),
  outcome: auditEntrySchema.shape.outcome.optional(),
  since: instantSchema.optional(),
  before: instantSchema.optional(),
}

export const listAudit = defineOperation({
  id: 'audit.list',
  method: 'GET',
  path: '/audit',
  summary: 'List entries of the audit log, the newest first',
  description: 'Of the whole organisation to whoever has the right there; of this project otherwise.',
  right: 'audit.read',
  params: nothing,
  query: z.object({ ...pageQuery, ...filter }),
  body: undefined,
  status: 200,
  answer: pageOf(auditEntrySchema),
  problems: [],
})

export const exportAudit = defineOperation({
  id: 'audit.export',
  method: 'GET',
  path: '/audit/export',
  summary: 'Read entries of the audit log as a stream, the oldest first',
  description:
    'One event for each entry, whose id is its number: a stream that broke goes on after the Last-Event-ID. Ends at the newest.',
  right: 'audit.read',
  params: nothing,
  query: z.object(filter),
  body: undefined,
  status: 200,
  answer: auditEntrySchema,
  problems: [],
  isStream: true,
})

export const verifyAudit = defineOperation({
  id: 'audit.verify',
  method: 'GET',
  path: '/audit/verification',
  summary: 'Compute the whole chain of the audit log again, and compare it with its anchors in the vaults',
  right: 'audit.read',
  params: nothing,
  query: nothing,
  body: undefined,
  status: 200,
  answer: z.object({
    isIntact: z.boolean(),
    entries: z.int().describe('that were looked at'),
    head: hash.describe('of the last one: an anchor must agree with it'),
    breakCount: z.int(),
    breaks: z
      .array(
        z.object({ number: z.int(), problem: z.enum(['changed', 'missing', 'detached', 'truncated', 'rewritten', 'replaced']) }),
      )
      .describe('the first hundred'),
    anchors: z.int().describe('in vaults, that the chain was compared with'),
    vaultsUnread: z.array(z.string()).describe('names of those whose anchors could not be read from here'),
  }),
  problems: [],
})
