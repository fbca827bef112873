/** Whether all of `text` is matched by `pattern`: * is any run of characters, ? any one; every other character is itself. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let inPattern = 0
  // Where the last * stood, and up to where it reached: on a mismatch it takes one character more, which needs no recursion.
  let star = -1
  let reached = 0
  while (at < text.length) {
    const char = pattern[inPattern]
    if (char === '*') {
      star = inPattern++
      reached = at
    } else if (char === '?' || char === text[at]) {
      inPattern++
      at++
    } else if (star >= 0) {
      inPattern = star + 1
      at = ++reached
    } else {
      return false
    }
  }
  while (pattern[inPattern] === '*') inPattern++
  return inPattern === pattern.length
}
