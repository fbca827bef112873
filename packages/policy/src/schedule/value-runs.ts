/** The first and the last of values that follow each other without a hole. */
export type ValueRun = readonly [first: number, last: number]

/** Sorted values as runs: 1, 2, 3, 5 are [1, 3] and [5, 5]. */
export function valueRuns(values: readonly number[]): readonly ValueRun[] {
  const runs: [number, number][] = []
  for (const value of values) {
    const run = runs.at(-1)
    if (run !== undefined && run[1] === value - 1) run[1] = value
    else runs.push([value, value])
  }
  return runs
}
