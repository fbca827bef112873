import type { Selectable } from 'kysely'
import { z } from 'zod'
import type { Catalogue } from '../catalogue/database.ts'
import type { PointTable } from '../catalogue/tables/work-tables.ts'
import { isoInstant, someObject, tagsSchema } from './record-fields.ts'
import { tagsByObject } from './tags-by-object.ts'

/** What a vault keeps of each of its points beside the snapshot: what its tags do not say. */
export const pointRecordSchema = z.object({
  id: z.uuid(),
  hexId: z.string(),
  snapshotId: z.string(),
  accountLabel: z.string(),
  regionLabel: z.string(),
  sourceId: z.uuid().nullable(),
  sourceName: z.string(),
  engine: z.string(),
  state: z.enum(['CREATING', 'AVAILABLE', 'COMPLETED', 'PARTIAL', 'STOPPED', 'EXPIRED', 'DELETING']),
  message: z.string().nullable(),
  initiatedAt: isoInstant,
  createdAt: isoInstant,
  completedAt: isoInstant.nullable(),
  consistentAt: isoInstant.nullable(),
  sizeBytes: z.int(),
  storedBytes: z.int().nullable(),
  items: z.int().nullable(),
  verification: z.enum(['PENDING', 'STRUCTURE', 'SAMPLED', 'FULL', 'FAILED']),
  verifiedAt: isoInstant.nullable(),
  quarantine: z.string().nullable(),
  lifecycle: someObject,
  keepLevels: z.array(z.string()),
  keepZone: z.string(),
  deleteAt: isoInstant.nullable(),
  moveToColdAt: isoInstant.nullable(),
  lockUntil: isoInstant.nullable(),
  storageClass: z.enum(['WARM', 'COLD']),
  isOnDemand: z.boolean(),
  description: z.string().nullable(),
  planId: z.uuid().nullable(),
  planName: z.string().nullable(),
  planVersionId: z.uuid().nullable(),
  ruleId: z.uuid().nullable(),
  ruleName: z.string().nullable(),
  ruleSchedule: z.string().nullable(),
  ruleTimeZone: z.string().nullable(),
  tags: tagsSchema,
})

export type PointRecord = z.output<typeof pointRecordSchema>

const columns = Object.keys(pointRecordSchema.omit({ tags: true }).shape) as (keyof Omit<PointRecord, 'tags'>)[]

/** The points of a vault as they are now, the oldest first. */
export async function collectPoints(catalogue: Catalogue, vaultId: string, projectId: string): Promise<PointRecord[]> {
  const rows = await catalogue
    .selectFrom('point')
    .select(columns as (keyof Selectable<PointTable>)[])
    .where('vaultId', '=', vaultId)
    .where('deletionDate', 'is', null)
    .orderBy('createdAt')
    .orderBy('id')
    .execute()
  const tags = await tagsByObject(catalogue, projectId, 'point')
  return rows.map((row) => ({ ...(row as Omit<PointRecord, 'tags'>), tags: tags(row.id ?? '') }))
}
