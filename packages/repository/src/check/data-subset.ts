import { CoffreError, isCoffreError, type Random } from '@coffre/foundation'
import { parseSize } from '../filter/size.ts'

/** Which packs to read: the nth of m groups, a share of all, or so many bytes. */
export type DataSubset =
  | { readonly kind: 'group'; readonly group: number; readonly groups: number }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'bytes'; readonly sizeBytes: number }

const groupsMax = 256

/** `n/m`, `p%` or a size with b, k, m, g or t, as restic's --read-data-subset takes it. Throws `usage.invalid`. */
export function parseDataSubset(text: string): DataSubset {
  const subset = parseGroup(text) ?? parsePercent(text) ?? parseBytes(text)
  if (subset !== undefined) return subset
  throw new CoffreError('usage.invalid', `${JSON.stringify(text)} does not say which part of the data to read`, {
    hint: 'Use n/m with 1 <= n <= m <= 256, a share such as 2.5%, or a size such as 50M or 1G.',
  })
}

/** The numbers of the chosen packs. Groups are told apart by the first byte of a name, so that m runs read every pack once. */
export function selectPacks(
  packs: readonly number[],
  subset: DataSubset,
  firstByteOf: (pack: number) => number,
  sizeOf: (pack: number) => number,
  random: Random,
): number[] {
  if (subset.kind === 'group') return packs.filter((pack) => firstByteOf(pack) % subset.groups === subset.group - 1)
  if (subset.kind === 'percent') return drawShare(packs, subset.percent / 100, random)
  const totalBytes = packs.reduce((sum, pack) => sum + sizeOf(pack), 0)
  return totalBytes === 0 ? [] : drawShare(packs, Math.min(1, subset.sizeBytes / totalBytes), random)
}

/** One pack at least, so that a small repository is not passed over time and again. */
function drawShare(packs: readonly number[], share: number, random: Random): number[] {
  const drawn = [...packs]
  const count = Math.min(drawn.length, Math.max(1, Math.floor(drawn.length * share)))
  for (let at = 0; at < count; at++) {
    const other = at + random.integer(drawn.length - at)
    const swapped = drawn[at] ?? 0
    drawn[at] = drawn[other] ?? 0
    drawn[other] = swapped
  }
  return drawn.slice(0, count)
}

function parseGroup(text: string): DataSubset | undefined {
  const match = /^(\d+)\/(\d+)$/.exec(text)
  if (match === null) return undefined
  const [group, groups] = [Number(match[1]), Number(match[2])]
  return group >= 1 && group <= groups && groups <= groupsMax ? { kind: 'group', group, groups } : undefined
}

function parsePercent(text: string): DataSubset | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)%$/.exec(text)
  const percent = Number(match?.[1])
  return percent > 0 && percent <= 100 ? { kind: 'percent', percent } : undefined
}

function parseBytes(text: string): DataSubset | undefined {
  try {
    const sizeBytes = parseSize(text)
    return sizeBytes > 0 ? { kind: 'bytes', sizeBytes } : undefined
  } catch (error) {
    if (!isCoffreError(error, 'usage.invalid')) throw error
    return undefined
  }
}
