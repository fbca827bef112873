const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/**
 * The weekdays of `sunday`, `mon,thu`, `monday and thursday` or `fri-mon`, sorted, 0 for Sunday; `undefined` when a part of the text is
 * none.
 */
export function parseWeekdayNames(text: string): readonly number[] | undefined {
  const found = new Set<number>()
  for (const part of text.split(/\s*,\s*|\s+and\s+/i)) {
    const [first, last, ...more] = part.split('-').map(weekdayOf)
    if (first === undefined || more.length > 0) return undefined
    if (last === undefined && part.includes('-')) return undefined
    for (let weekday = first; ; weekday = (weekday + 1) % 7) {
      found.add(weekday)
      if (weekday === (last ?? first)) break
    }
  }
  return [...found].sort((a, b) => a - b)
}

function weekdayOf(text: string): number | undefined {
  const word = text.trim().toLowerCase()
  const weekday = names.findIndex((name) => name === word || name.slice(0, 3) === word)
  return weekday === -1 ? undefined : weekday
}
