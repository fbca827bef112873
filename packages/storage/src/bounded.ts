/**
 * Runs `work` on each item, at most `lanes` at a time. Rejects with the first failure, after the work under way has ended: nothing
 * runs on behind the caller's back.
 */
export async function forEachBounded<Item>(
  items: Iterable<Item>,
  lanes: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const source = items[Symbol.iterator]()
  const failures: unknown[] = []
  const lane = async (): Promise<void> => {
    for (let next = source.next(); !next.done && failures.length === 0; next = source.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  if (failures.length > 0) throw failures[0]
}
