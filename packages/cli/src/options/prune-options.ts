import { type PruneOptions, parseSize, parseUnusedLimit } from '@coffre/repository'
import { flag, type Values, value } from './option.ts'

/** How much prune repacks; forget --prune takes these too. */
export const pruneOptions = {
  maxUnused: value('max-unused', 'limit', parseUnusedLimit),
  maxRepackSize: value('max-repack-size', 'size', parseSize),
  repackCacheableOnly: flag('repack-cacheable-only'),
  repackSmall: flag('repack-small'),
  repackUncompressed: flag('repack-uncompressed'),
  repackSmallerThan: value('repack-smaller-than', 'size', parseSize),
} as const

export function pruneOptionsOf(options: Values<typeof pruneOptions>): PruneOptions {
  const { maxUnused, maxRepackSize, repackSmallerThan } = options
  return {
    repackCacheableOnly: options.repackCacheableOnly,
    repackSmall: options.repackSmall,
    repackUncompressed: options.repackUncompressed,
    ...(maxUnused === undefined ? {} : { maxUnused }),
    ...(maxRepackSize === undefined ? {} : { maxRepackBytes: maxRepackSize }),
    ...(repackSmallerThan === undefined ? {} : { repackSmallerThanBytes: repackSmallerThan }),
  }
}
