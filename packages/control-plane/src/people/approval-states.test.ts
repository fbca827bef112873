import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApprovalState, approvalEvents, approvalOutcomes, approvalStates } from './approval-states.ts'

test('walking every event from every state: ends stay ends, and nothing is used that was not approved', () => {
  const reached = new Set<ApprovalState>(['PENDING'])
  for (const state of reached)
    for (const event of approvalEvents) {
      const outcome = approvalOutcomes[state][event]
      if (outcome === 'refused') continue
      reached.add(outcome)
      assert.ok(state === 'PENDING' || state === 'APPROVED', `${state} is an end, but ${event} leads to ${outcome}`)
      if (outcome === 'USED') assert.deepEqual([state, event], ['APPROVED', 'use'])
      if (outcome === 'APPROVED' && state === 'PENDING') assert.equal(event, 'last-vote')
    }
  assert.deepEqual(reached, new Set(approvalStates))
})
