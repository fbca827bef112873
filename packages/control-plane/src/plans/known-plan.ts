import { type Plan, type PlanDocument, type PolicyFinding, parsePlanDocument } from '@coffre/policy'
import type { Catalogue } from '../catalogue/database.ts'

export interface PlanRequest {
  readonly projectId: string
  /** A value, or JSON text. */
  readonly document: unknown
  readonly name: string | undefined
  readonly targetVault: string | undefined
}

/** The plan that has a name, as it is now. */
export interface KnownPlan {
  readonly id: string
  readonly number: number
  readonly document: string
}

export interface StoredRule {
  readonly id: string
  readonly name: string
  readonly anchorAt: Date
}

export interface ReadPlan extends PlanDocument {
  /** As it is kept. */
  readonly text: string
}

/** Throws `policy.plan-invalid` with all that is wrong with the document. */
export function readPlan({ document, name, targetVault }: PlanRequest): ReadPlan {
  const read = parsePlanDocument(document, {
    ...(name === undefined ? {} : { name }),
    ...(targetVault === undefined ? {} : { targetVault }),
  })
  return { ...read, text: typeof document === 'string' ? document : JSON.stringify(document) }
}

export async function knownPlan(reader: Catalogue, projectId: string, name: string): Promise<KnownPlan | undefined> {
  return reader
    .selectFrom('plan')
    .innerJoin('planVersion', 'planVersion.id', 'plan.versionId')
    .select(['plan.id', 'planVersion.number', 'planVersion.document'])
    .where('plan.projectId', '=', projectId)
    .where('plan.name', '=', name)
    .where('plan.deletionDate', 'is', null)
    .executeTakeFirst()
}

/** The rules of a plan's current version. */
export async function storedRules(reader: Catalogue, planId: string): Promise<StoredRule[]> {
  return reader
    .selectFrom('rule')
    .select(['id', 'name', 'anchorAt'])
    .where('planId', '=', planId)
    .where('deletionDate', 'is', null)
    .execute()
}

/** A plan may come before its vaults, as documents of other programs do; it cannot run before. */
export async function missingVaults(reader: Catalogue, projectId: string, { rules }: Plan): Promise<PolicyFinding[]> {
  const wanted = new Set(rules.flatMap(({ targetVault, copies }) => [targetVault, ...copies.map((copy) => copy.targetVault)]))
  const there = await presentVaults(reader, projectId, [...wanted])
  return [...wanted.difference(there)].map((name) => ({
    severity: 'warning',
    at: '',
    message: `there is no vault named ${name} yet`,
    hint: `Make it with \`coffre vault create ${name}\`; until then nothing that goes there runs.`,
  }))
}

/** Those of the names that are vaults of the project. */
export async function presentVaults(reader: Catalogue, projectId: string, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set()
  const rows = await reader
    .selectFrom('vault')
    .select('name')
    .where('projectId', '=', projectId)
    .where('name', 'in', names)
    .where('deletionDate', 'is', null)
    .execute()
  return new Set(rows.map(({ name }) => name))
}
