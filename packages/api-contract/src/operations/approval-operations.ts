import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nothing } from '../primitives.ts'
import { vaultLockSchema } from './vault-operations.ts'

const reason = z.string().trim().min(1).max(1000).describe('for those who vote')

export const approvalSchema = z.object({
  id: idSchema,
  operation: z.string(),
  target: z.object({ kind: z.string(), id: z.string() }),
  request: z.record(z.string(), z.unknown()).describe('exactly what was asked for'),
  reason: z.string(),
  state: z.enum(['PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'USED']),
  votesNeeded: z.int(),
  requestedBy: z.string(),
  requestedAt: instantSchema,
  expiresAt: instantSchema,
  usedAt: instantSchema.nullable(),
  votes: z.array(
    z.object({ principal: z.string(), verdict: z.enum(['APPROVE', 'REJECT']), comment: z.string().nullable(), at: instantSchema }),
  ),
})
export type ApprovalView = z.output<typeof approvalSchema>

export const requestApproval = defineOperation({
  id: 'approvals.request',
  method: 'POST',
  path: '/approvals',
  summary: 'Ask several people for their consent to one action',
  description:
    'Needs the right of the action itself. Once approved, the action is done by who asked, with the id of the approval, within seven days of the request.',
  right: 'signed-in',
  params: nothing,
  query: nothing,
  body: z.discriminatedUnion('operation', [
    z.strictObject({ operation: z.literal('vaults.set-lock'), vault: idOrNameSchema, lock: vaultLockSchema.strict(), reason }),
    z.strictObject({ operation: z.literal('vaults.unlock'), vault: idOrNameSchema, reason }),
    z.strictObject({ operation: z.literal('vaults.delete'), vault: idOrNameSchema, reason }),
    z.strictObject({ operation: z.literal('holds.lift'), hold: idSchema, reason }),
  ]),
  status: 201,
  answer: approvalSchema,
  problems: ['object.missing'],
})

export const listApprovals = defineOperation({
  id: 'approvals.list',
  method: 'GET',
  path: '/approvals',
  summary: 'List requests for approval, the newest first',
  right: 'read',
  params: nothing,
  query: z.object({ ...pageQuery, state: approvalSchema.shape.state.optional() }),
  body: undefined,
  status: 200,
  answer: pageOf(approvalSchema),
  problems: [],
})

const approvalInPath = z.object({ approval: idSchema })

export const getApproval = defineOperation({
  id: 'approvals.get',
  method: 'GET',
  path: '/approvals/{approval}',
  summary: 'Show a request for approval',
  right: 'read',
  params: approvalInPath,
  query: nothing,
  body: undefined,
  status: 200,
  answer: approvalSchema,
  problems: ['object.missing'],
})

export const voteOnApproval = defineOperation({
  id: 'approvals.vote',
  method: 'POST',
  path: '/approvals/{approval}/votes',
  summary: 'Vote on a request for approval',
  description: 'Not on one’s own. Who votes again changes their vote. One rejection ends the request.',
  right: 'approval.vote',
  params: approvalInPath,
  query: nothing,
  body: z.object({ verdict: z.enum(['APPROVE', 'REJECT']), comment: z.string().max(1000).nullable().default(null) }),
  status: 200,
  answer: approvalSchema,
  problems: ['object.missing', 'approval.own', 'approval.closed', 'approval.expired'],
})

export const withdrawApproval = defineOperation({
  id: 'approvals.withdraw',
  method: 'POST',
  path: '/approvals/{approval}/withdraw',
  summary: 'Withdraw a request for approval that you made',
  right: 'signed-in',
  params: approvalInPath,
  query: nothing,
  body: undefined,
  status: 200,
  answer: approvalSchema,
  problems: ['object.missing', 'approval.closed', 'approval.expired'],
})

/** Of actions that several people consent to. */
export const approvalProblems = [
  'approval.needed',
  'approval.incomplete',
  'approval.mismatch',
  'approval.closed',
  'approval.expired',
] as const
