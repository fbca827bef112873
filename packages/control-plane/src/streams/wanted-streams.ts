import type { PlannedRule, PlannedRules, SelectableSource } from '../plans/planned-rules.ts'

/** The log of a source that rules want in a vault. */
export interface WantedStream {
  readonly sourceId: string
  /** The vault's name. */
  readonly vault: string
  /** Of the rules that want it the first one: bases follow it. */
  readonly planned: PlannedRule
  /** How far back any second is to be restorable; undefined for as far as points reach. */
  readonly windowDays: number | undefined
}

/** The streams of one source, one for each vault: several rules may want the same. */
export function wantedStreams(rules: PlannedRules, source: SelectableSource): readonly WantedStream[] {
  const continuous = rules.of(source).filter(({ rule }) => rule.isContinuous === true)
  return [...Map.groupBy(continuous, ({ rule }) => rule.targetVault)].flatMap(([vault, own]) => {
    const [planned] = own
    return planned === undefined ? [] : [{ sourceId: source.id, vault, planned, windowDays: widest(own) }]
  })
}

function widest(own: readonly PlannedRule[]): number | undefined {
  const days = own.map(({ rule }) => rule.windowDays)
  return days.includes(undefined) ? undefined : Math.max(...days.map((count) => count ?? 0))
}
