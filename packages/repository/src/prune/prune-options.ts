import { CoffreError } from '@coffre/foundation'
import { parseSize } from '../filter/size.ts'
import type { Id } from '../format/node.ts'
import { defaultPackBytes } from '../pack/default-pack-bytes.ts'
import type { Held } from './held.ts'

/** How much that nobody needs may stay: repacking to get rid of it costs reading and writing. */
export type UnusedLimit =
  | { readonly kind: 'unlimited' }
  /** Of all that is stored afterwards. */
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'bytes'; readonly sizeBytes: number }

/** What to repack. The defaults are restic's. */
export interface PruneOptions {
  /** 5 % unless given. */
  readonly maxUnused?: UnusedLimit
  /** Repack less than this in one run. */
  readonly maxRepackBytes?: number
  /** Repack only packs of trees: the small ones that clients keep in their caches. */
  readonly repackCacheableOnly?: boolean
  /** Put packs below 80 % of `packBytes` together. */
  readonly repackSmall?: boolean
  /** Put packs below this size together, whatever `repackSmall` says. */
  readonly repackSmallerThanBytes?: number
  readonly repackUncompressed?: boolean
  /** The size of new packs; 16 MiB. */
  readonly packBytes?: number
  readonly held?: Held
  /** Snapshots that count as removed, for a dry run after a dry run of forget. */
  readonly withoutSnapshots?: ReadonlySet<Id>
}

/** `unlimited`, `p%` or a size with b, k, m, g or t, as restic's --max-unused takes it. Throws `usage.invalid`. */
export function parseUnusedLimit(text: string): UnusedLimit {
  const trimmed = text.trim()
  if (trimmed === 'unlimited') return { kind: 'unlimited' }
  const percent = Number(/^(\d+(?:\.\d+)?|\.\d+)%$/.exec(trimmed)?.[1] ?? Number.NaN)
  if (percent < 100) return { kind: 'percent', percent }
  if (/^\d+[bkmgt]?$/i.test(trimmed)) return { kind: 'bytes', sizeBytes: parseSize(trimmed) }
  throw new CoffreError('usage.invalid', `${JSON.stringify(text)} does not say how much unused data may stay`, {
    hint: 'Use a share below 100%, a size such as 500M, or unlimited.',
  })
}

export function unusedBytesMax(limit: UnusedLimit, usedBytes: number): number {
  if (limit.kind === 'unlimited') return Number.POSITIVE_INFINITY
  if (limit.kind === 'bytes') return limit.sizeBytes
  return Math.floor((limit.percent / (100 - limit.percent)) * usedBytes)
}

/** Below this size, a pack without any waste is put together with others. */
export function smallPackBytes(options: PruneOptions): number {
  const packBytes = options.packBytes ?? defaultPackBytes
  const { repackSmallerThanBytes } = options
  if (repackSmallerThanBytes !== undefined) {
    if (repackSmallerThanBytes > packBytes) {
      throw new CoffreError(
        'usage.invalid',
        `packs smaller than ${repackSmallerThanBytes} bytes cannot be put together to packs of ${packBytes}`,
      )
    }
    return repackSmallerThanBytes
  }
  return options.repackSmall ? Math.floor(packBytes / 5) * 4 : Math.floor(packBytes / 25)
}
