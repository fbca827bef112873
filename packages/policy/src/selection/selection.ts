/** What picks sources for a plan. Never changed, only replaced. */
export interface Selection {
  readonly name: string
  /** Patterns of ids, names or ARNs, with * and ?. One that matches suffices. */
  readonly resources: readonly string[]
  /** Patterns of what is left out, whatever else matches. */
  readonly notResources: readonly string[]
  /** One that holds suffices, and makes a match of `resources` unnecessary. */
  readonly anyTags: readonly TagEquals[]
  /** All must hold, whichever way a source was picked. */
  readonly conditions: readonly TagCondition[]
  /** The role that AWS would use: kept as it was given. */
  readonly roleArn?: string
}

export interface TagEquals {
  readonly key: string
  readonly value: string
}

export const tagOperators = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'] as const
export type TagOperator = (typeof tagOperators)[number]

/** `StringLike` has patterns with * and ?. What is not tagged with the key fulfils the two negative ones, and neither positive one. */
export interface TagCondition extends TagEquals {
  readonly operator: TagOperator
}
