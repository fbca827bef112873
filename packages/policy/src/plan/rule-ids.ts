/** A rule as the catalogue knows it. */
export interface NamedRuleId {
  readonly name: string
  readonly id: string
}

/** The ids of a new version's rules, in their order: a rule keeps the id that its name had in the version before, others get a new one. */
export function carryRuleIds(
  previous: readonly NamedRuleId[],
  rules: readonly { readonly name: string }[],
  newId: () => string,
): readonly NamedRuleId[] {
  const ids = new Map(previous.map(({ name, id }) => [name, id]))
  return rules.map(({ name }) => ({ name, id: ids.get(name) ?? newId() }))
}
