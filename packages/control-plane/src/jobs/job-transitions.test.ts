import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JobState, jobStates } from '../catalogue/tables/work-tables.ts'
import { activeJobStates, jobEvents, nextJobState } from './job-transitions.ts'

const isFinal = (state: JobState): boolean => !activeJobStates.includes(state)

test('from every state a final one can be reached, and none leads out of those', () => {
  for (const start of jobStates) {
    const reached = new Set<JobState>([start])
    for (const state of reached) {
      for (const event of jobEvents) {
        const next = nextJobState(state, event)
        if (next !== undefined) reached.add(next)
      }
    }
    if (isFinal(start)) assert.deepEqual([...reached], [start])
    else assert.ok([...reached].some(isFinal), start)
  }
  assert.deepEqual(jobStates.filter(isFinal), ['ABORTED', 'COMPLETED', 'PARTIAL', 'FAILED', 'EXPIRED'])
})

test('every state but the first can be reached from the first', () => {
  const reached = new Set<JobState>(['CREATED'])
  for (const state of reached) {
    for (const event of jobEvents) {
      const next = nextJobState(state, event)
      if (next !== undefined) reached.add(next)
    }
  }
  assert.deepEqual([...reached].toSorted(), jobStates.toSorted())
})

test('a cancelled job never runs again, and nothing is both committed and aborted', () => {
  for (const event of jobEvents) {
    const next = nextJobState('ABORTING', event)
    assert.ok(next === undefined || isFinal(next), `${event} leads from ABORTING to ${next}`)
  }
  for (const state of jobStates.filter(isFinal)) for (const event of jobEvents) assert.equal(nextJobState(state, event), undefined)
})
