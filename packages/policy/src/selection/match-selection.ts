import type { Text } from '../language.ts'
import { matchesGlob } from './glob.ts'
import type { Selection, TagCondition } from './selection.ts'

/** A source, as far as selections look at it. */
export interface Candidate {
  /** Everything that it can be called by: id, name, ARNs. */
  readonly names: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

export interface SelectionMatch {
  readonly isMatch: boolean
  /** What decided it: for a match everything that speaks for it, otherwise what it fails on. */
  readonly reasons: readonly Text[]
}

/**
 * A source is picked when one of `resources` or one of `anyTags` matches (as AWS has it, either list suffices; with both empty every
 * source does), all `conditions` hold and none of `notResources` matches.
 */
export function matchSelection(selection: Selection, candidate: Candidate): SelectionMatch {
  const excluded = findPattern(selection.notResources, candidate)
  if (excluded !== undefined) {
    return refused([say(`it is left out by "${excluded}"`, `elle est écartée par « ${excluded} »`)])
  }
  const picked = pickReasons(selection, candidate)
  if (picked.length === 0) return refused([nothingPicks(selection)])
  const failed = selection.conditions.filter((condition) => !holds(condition, candidate))
  if (failed.length > 0) return refused(failed.map((condition) => describe(condition, candidate)))
  return { isMatch: true, reasons: [...picked, ...selection.conditions.map((condition) => describe(condition, candidate))] }
}

function pickReasons({ resources, anyTags }: Selection, candidate: Candidate): readonly Text[] {
  if (resources.length === 0 && anyTags.length === 0) return [say('every source may match', 'toute source peut correspondre')]
  const pattern = findPattern(resources, candidate)
  const byName = pattern === undefined ? [] : [say(`"${pattern}" matches it`, `« ${pattern} » lui correspond`)]
  const byTags = anyTags
    .filter(({ key, value }) => tagOf(candidate, key) === value)
    .map(({ key, value }) => say(`it is tagged ${key}=${value}`, `elle porte l’étiquette ${key}=${value}`))
  return [...byName, ...byTags]
}

function nothingPicks({ resources, anyTags }: Selection): Text {
  const tags = anyTags.map(({ key, value }) => `${key}=${value}`).join(', ')
  if (resources.length === 0) return say(`it has none of the tags ${tags}`, `elle ne porte aucune des étiquettes ${tags}`)
  const names = resources.map((pattern) => `"${pattern}"`).join(', ')
  const noms = resources.map((pattern) => `« ${pattern} »`).join(', ')
  if (anyTags.length === 0) return say(`none of ${names} matches it`, `rien ne lui correspond parmi ${noms}`)
  return say(
    `none of ${names} matches it, and it has none of the tags ${tags}`,
    `rien ne lui correspond parmi ${noms}, et elle ne porte aucune des étiquettes ${tags}`,
  )
}

function findPattern(patterns: readonly string[], { names }: Candidate): string | undefined {
  return patterns.find((pattern) => names.some((name) => matchesGlob(pattern, name)))
}

function holds({ operator, key, value }: TagCondition, candidate: Candidate): boolean {
  const actual = tagOf(candidate, key)
  switch (operator) {
    case 'StringEquals':
      return actual === value
    case 'StringNotEquals':
      return actual !== value
    case 'StringLike':
      return actual !== undefined && matchesGlob(value, actual)
    case 'StringNotLike':
      return actual === undefined || !matchesGlob(value, actual)
  }
}

function describe({ operator, key, value }: TagCondition, candidate: Candidate): Text {
  const actual = tagOf(candidate, key)
  const asked = `${operator} ${key} ${value}`
  return actual === undefined
    ? say(`${asked}: it has no tag ${key}`, `${asked} : elle ne porte pas l’étiquette ${key}`)
    : say(`${asked}: its tag ${key} is "${actual}"`, `${asked} : son étiquette ${key} vaut « ${actual} »`)
}

function tagOf({ tags }: Candidate, key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined
}

function refused(reasons: readonly Text[]): SelectionMatch {
  return { isMatch: false, reasons }
}

function say(en: string, fr: string): Text {
  return { en, fr }
}
