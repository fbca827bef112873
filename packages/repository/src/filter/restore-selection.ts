import type { ByteString } from '@coffre/foundation'
import type { PatternList } from './pattern-list.ts'

/** Says of each file of a snapshot whether it is restored, and of a folder whether something in it may be. */
export type RestoreSelection = (
  location: ByteString,
  isFolder: boolean,
) => { readonly selected: boolean; readonly childMayBeSelected: boolean }

/** What none of the lists matches. */
export function selectWithout(excludes: readonly PatternList[]): RestoreSelection {
  const lists = excludes.filter(({ isEmpty }) => !isEmpty)
  return (location, isFolder) => {
    const selected = !lists.some((list) => list.matches(location))
    return { selected, childMayBeSelected: selected && isFolder }
  }
}

/** What one of the lists matches. */
export function selectOnly(includes: readonly PatternList[]): RestoreSelection {
  return (location, isFolder) => {
    let selected = false
    let childMayBeSelected = false
    for (const list of includes) {
      const { matched, childMayMatch } = list.match(location)
      selected ||= matched
      childMayBeSelected ||= childMayMatch
    }
    return { selected, childMayBeSelected: childMayBeSelected && isFolder }
  }
}
