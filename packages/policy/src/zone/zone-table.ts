import { dayMs, hourMs } from '@coffre/foundation'

/**
 * The instants at which the clocks of a zone show a given reading. `instantMs` is always the one at which something due at that reading
 * is to run: the only one, right after the gap, or the first of two.
 */
export type CivilInstants =
  | { readonly kind: 'one'; readonly instantMs: number }
  /** Clocks were set forward past it: `instantMs` is the change, the first instant after the gap. */
  | { readonly kind: 'gap'; readonly instantMs: number }
  /** Clocks were set back and showed it twice. */
  | { readonly kind: 'overlap'; readonly instantMs: number; readonly secondMs: number }

/** The closest changes since 1970 are a week less an hour apart (Recife, October 2000), so that a stretch has one at most. */
const stretchMs = 6 * dayMs

/** Seventy years: what is asked for is near the present, or rare. */
const stretchesMax = 4096

/** A margin over the clocks furthest from UTC, at +14:00 and -12:00. */
const aheadMsMax = 15 * hourMs
const behindMsMax = 13 * hourMs

/** The offset is `offsetMs` until `changeMs` (infinite when there is no change), `laterOffsetMs` from then on. */
interface Stretch {
  readonly offsetMs: number
  readonly changeMs: number
  readonly laterOffsetMs: number
}

/**
 * How far the clocks of one zone are from UTC, and when that changes. Learned from Intl stretch by stretch and kept, since asking Intl
 * takes a hundred times as long as a look at the table.
 *
 * A reading of the local clocks ("civil") is a number as well: the instant at which clocks in UTC show the same.
 */
export class ZoneTable {
  readonly #format: Intl.DateTimeFormat
  readonly #stretches = new Map<number, Stretch>()

  /** `format` writes year, month, day, hour (0-23), minute and second in digits of the Gregorian calendar. */
  constructor(format: Intl.DateTimeFormat) {
    this.#format = format
  }

  offsetMsAt(instantMs: number): number {
    const stretch = this.#stretch(Math.floor(instantMs / stretchMs))
    return instantMs < stretch.changeMs ? stretch.offsetMs : stretch.laterOffsetMs
  }

  civilMsAt(instantMs: number): number {
    return instantMs + this.offsetMsAt(instantMs)
  }

  instantsAt(civilMs: number): CivilInstants {
    const offsetBefore = this.offsetMsAt(civilMs - aheadMsMax)
    const offsetAfter = this.offsetMsAt(civilMs + behindMsMax)
    const early = civilMs - offsetBefore
    if (offsetBefore === offsetAfter) return { kind: 'one', instantMs: early }
    const late = civilMs - offsetAfter
    const isEarlyShown = this.offsetMsAt(early) === offsetBefore
    const isLateShown = this.offsetMsAt(late) === offsetAfter
    if (isEarlyShown) return isLateShown ? { kind: 'overlap', instantMs: early, secondMs: late } : { kind: 'one', instantMs: early }
    if (isLateShown) return { kind: 'one', instantMs: late }
    return { kind: 'gap', instantMs: this.firstChange(civilMs - aheadMsMax, civilMs + behindMsMax) ?? early }
  }

  /** The first change of the offset after `afterMs` and not after `throughMs`. */
  firstChange(afterMs: number, throughMs: number): number | undefined {
    for (let number = Math.floor(afterMs / stretchMs); number * stretchMs < throughMs; number++) {
      const { changeMs } = this.#stretch(number)
      if (changeMs > afterMs && changeMs <= throughMs) return changeMs
    }
    return undefined
  }

  #stretch(number: number): Stretch {
    const known = this.#stretches.get(number)
    if (known !== undefined) return known
    if (this.#stretches.size >= stretchesMax) this.#stretches.clear()
    const learned = this.#learn(number * stretchMs, (number + 1) * stretchMs)
    this.#stretches.set(number, learned)
    return learned
  }

  #learn(beginMs: number, endMs: number): Stretch {
    const offsetMs = this.#ask(beginMs)
    const laterOffsetMs = this.#ask(endMs)
    if (offsetMs === laterOffsetMs) return { offsetMs, changeMs: Number.POSITIVE_INFINITY, laterOffsetMs }
    let before = beginMs
    let after = endMs
    while (after - before > 1000) {
      const middle = Math.floor((before + after) / 2000) * 1000
      if (this.#ask(middle) === offsetMs) before = middle
      else after = middle
    }
    return { offsetMs, changeMs: after, laterOffsetMs }
  }

  /** `instantMs` is a whole second. */
  #ask(instantMs: number): number {
    const shown = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
    for (const { type, value } of this.#format.formatToParts(instantMs)) {
      if (Object.hasOwn(shown, type)) shown[type as keyof typeof shown] = Number(value)
    }
    return Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second) - instantMs
  }
}
