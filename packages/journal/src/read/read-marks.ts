import type { Mark } from '@coffre/connector'
import type { Stretch } from '../branch-tree.ts'
import type { LogContent } from './log-content.ts'

/** The marks at positions of a way, in the order in which they were taken. */
export async function* readMarks(content: LogContent, way: readonly Stretch[], signal: AbortSignal): AsyncGenerator<Mark> {
  for (const place of content.hours()) {
    const { firstMark, lastMark } = place.summary
    if (firstMark === undefined || lastMark === undefined || !mayMeet(firstMark, lastMark, way)) continue
    const { index } = await content.hour(place, signal)
    for (const mark of index.marks) if (isOn(mark, way)) yield mark
  }
  for (const { header } of content.tails) for (const mark of header.marks) if (isOn(mark, way)) yield mark
}

export function isOn({ position: { branch, offset } }: Mark, way: readonly Stretch[]): boolean {
  return way.some((stretch) => stretch.branch === branch && offset >= stretch.after && offset <= stretch.through)
}

/** False only for an hour whose marks all lie beside the way: on one branch, before or after it. */
function mayMeet(first: Mark, last: Mark, way: readonly Stretch[]): boolean {
  const { branch } = first.position
  if (branch !== last.position.branch) return true
  return way.some(
    (stretch) => stretch.branch === branch && last.position.offset >= stretch.after && first.position.offset <= stretch.through,
  )
}
