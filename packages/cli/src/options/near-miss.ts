/** The known words that somebody who typed `word` may have meant, the likeliest first; at most three. */
export function nearMisses(word: string, known: readonly string[]): string[] {
  const scored = known.flatMap((candidate) => {
    const distance = isBeginning(word, candidate) ? 1 : editDistance(word, candidate)
    return distance <= Math.max(1, Math.floor(word.length / 3)) ? [{ candidate, distance }] : []
  })
  scored.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
  return scored.slice(0, 3).map(({ candidate }) => candidate)
}

function isBeginning(word: string, candidate: string): boolean {
  return word.length >= 3 && candidate.startsWith(word)
}

/** How many letters have to be inserted, removed, replaced or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? at(beforePrevious, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(at(previous, j) + 1, at(row, j - 1) + 1, replaced, swapped))
    }
    beforePrevious = previous
    previous = row
  }
  return at(previous, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
