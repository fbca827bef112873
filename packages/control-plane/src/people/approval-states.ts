/**
 * PENDING: votes are missing. APPROVED: enough were given, it can be used once. The others are ends.
 */
export const approvalStates = ['PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED', 'USED'] as const
export type ApprovalState = (typeof approvalStates)[number]

/** `vote` leaves votes missing, `last-vote` none. */
export const approvalEvents = ['vote', 'last-vote', 'reject', 'withdraw', 'expire', 'use'] as const
export type ApprovalEvent = (typeof approvalEvents)[number]

type Outcome = ApprovalState | 'refused'

const ended: Record<ApprovalEvent, Outcome> = {
  'vote': 'refused',
  'last-vote': 'refused',
  'reject': 'refused',
  'withdraw': 'refused',
  'expire': 'refused',
  'use': 'refused',
}

/** One rejection ends a request, even an approved one. Votes beyond those needed stand in for voters who lose their right. */
export const approvalOutcomes: Readonly<Record<ApprovalState, Readonly<Record<ApprovalEvent, Outcome>>>> = {
  PENDING: {
    'vote': 'PENDING',
    'last-vote': 'APPROVED',
    'reject': 'REJECTED',
    'withdraw': 'WITHDRAWN',
    'expire': 'EXPIRED',
    'use': 'refused',
  },
  APPROVED: {
    'vote': 'APPROVED',
    'last-vote': 'APPROVED',
    'reject': 'REJECTED',
    'withdraw': 'WITHDRAWN',
    'expire': 'EXPIRED',
    'use': 'USED',
  },
  REJECTED: ended,
  WITHDRAWN: ended,
  EXPIRED: ended,
  USED: ended,
}
