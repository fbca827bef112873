import type { ByteString } from '@coffre/foundation'
import { PatternList } from '@coffre/repository'

/** Which extended attributes are wanted: those that an include names, or all but those that an exclude names. */
export function attributeFilter(includes: readonly ByteString[], excludes: readonly ByteString[]): (name: ByteString) => boolean {
  if (includes.length > 0) {
    const list = new PatternList(includes, '--include-xattr')
    return (name) => list.match(name).matched
  }
  const list = new PatternList(excludes, '--exclude-xattr')
  return (name) => !list.matches(name)
}
