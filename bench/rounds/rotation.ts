/** The items beginning with another one in each round, so that none is always first on a rested machine. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const first = round % Math.max(1, items.length)
  return [...items.slice(first), ...items.slice(0, first)]
}
