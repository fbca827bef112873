import { hash } from 'node:crypto'
import { CoffreError } from '@coffre/foundation'
import type { LoadedDocument, VaultDocument } from '@coffre/repository'
import { z } from 'zod'
import { type PointRecord, pointRecordSchema } from './point-record.ts'
import { type PolicyRecord, policyRecordSchema } from './policy-record.ts'

/** What a vault keeps for a rebuild. */
export interface VaultRecords {
  /** Undefined in a vault that no server has written to. */
  readonly policy: PolicyRecord | undefined
  readonly points: readonly PointRecord[]
}

export interface ReadRecords extends VaultRecords {
  /** When the policy was written. */
  readonly policyMs: number
}

const policyName = 'policy'
const pointsPrefix = 'points '

const pointsSchema = z.object({ points: z.array(pointRecordSchema) })

/** Equal for equal policies. */
export function hashPolicy(policy: PolicyRecord): Buffer {
  return hash('sha256', JSON.stringify(policy), 'buffer')
}

/** The documents that say it: points by the month that they are of, as those of months gone by hardly ever change. */
export function documentsOf({ policy, points }: VaultRecords): VaultDocument[] {
  const months = Map.groupBy(points, ({ createdAt }) => createdAt.toISOString().slice(0, 7))
  return [
    ...(policy === undefined ? [] : [{ name: policyName, content: { ...policy } }]),
    ...[...months].map(([month, own]) => ({ name: `${pointsPrefix}${month}`, content: { points: own } })),
  ]
}

/** `repository.format-newer` when they make no sense to this version. */
export function readRecords(documents: readonly LoadedDocument[], vault: string): ReadRecords {
  const [policy] = documents.filter(({ name }) => name === policyName)
  const points = documents.filter(({ name }) => name.startsWith(pointsPrefix))
  return {
    policyMs: policy?.timeMs ?? 0,
    policy: policy && parse(policyRecordSchema, policy, vault),
    points: points.flatMap((document) => parse(pointsSchema, document, vault).points),
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, { name, content }: VaultDocument, vault: string): z.output<Schema> {
  const result = schema.safeParse(content)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const at = issue === undefined ? '' : ` at ${issue.path.join('.')}: ${issue.message}`
  throw new CoffreError('repository.format-newer', `the document ${name} of vault ${vault} cannot be understood${at}`, {
    hint: 'Was it written by a newer version of Coffre? Then use that one. Nothing was changed.',
  })
}
