import { type ByteString, bytesOf } from '@coffre/foundation'

/** A path as a line of a log can hold it. */
export function shownPath(path: ByteString): string {
  return bytesOf(path)
    .toString('utf8')
    .replace(/\p{Cc}/gu, '�')
}
