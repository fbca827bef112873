import type { ByteString } from '@coffre/foundation'

/** What could not be read or written, and why. */
export interface SkippedItem {
  readonly path: ByteString
  readonly reason: string
}

const namedMax = 1000

/** Keeps the first items that were left out, and counts all. */
export class SkippedItems {
  readonly named: SkippedItem[] = []
  count = 0

  add(path: ByteString, reason: unknown): void {
    this.count++
    if (this.named.length < namedMax) this.named.push({ path, reason: reason instanceof Error ? reason.message : String(reason) })
  }
}
