import type { HistoryOutcome } from './history.ts'

export function sumOf(outcomes: readonly HistoryOutcome[]): HistoryOutcome {
  const sum = { finished: 0, commits: 0, removedPacks: 0, killed: 0, paused: 0, unindexed: 0 }
  for (const outcome of outcomes) {
    for (const key of Object.keys(sum)) if (isKey(key, sum)) sum[key] += outcome[key]
  }
  return sum
}

function isKey<Key extends string>(key: string, of: Record<Key, number>): key is Key {
  return key in of
}
