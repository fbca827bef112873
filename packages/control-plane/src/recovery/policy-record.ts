import { z } from 'zod'
import { isoInstant, labelled, someObject, tagsSchema } from './record-fields.ts'

const planSchema = z.object({
  ...labelled,
  hexId: z.string(),
  creatorRequestId: z.string().nullable(),
  versionId: z.uuid(),
  deletionDate: isoInstant.nullable(),
  tags: tagsSchema,
  versions: z.array(z.object({ id: z.uuid(), number: z.int(), document: z.string(), plan: someObject, createdAt: isoInstant })),
  rules: z.array(
    z.object({
      id: z.uuid(),
      hexId: z.string(),
      name: z.string(),
      definition: someObject,
      timeZone: z.string(),
      anchorAt: isoInstant,
      deletionDate: isoInstant.nullable(),
    }),
  ),
  selections: z.array(
    z.object({
      id: z.uuid(),
      hexId: z.string(),
      name: z.string(),
      document: someObject,
      roleArn: z.string().nullable(),
      creatorRequestId: z.string().nullable(),
      createdAt: isoInstant,
    }),
  ),
})

const sourceSchema = z.object({
  ...labelled,
  hexId: z.string(),
  zoneHexId: z.string(),
  replicationSpecHexId: z.string(),
  engine: z.string(),
  identity: z.string(),
  resourceArn: z.string().nullable(),
  config: someObject,
  /** Whether it needs credentials. They are not here. */
  hasSecrets: z.boolean(),
  tier: z.string().nullable(),
  environment: z.string().nullable(),
  deletionDate: isoInstant.nullable(),
  tags: tagsSchema,
})

const vaultSchema = z.object({
  ...labelled,
  kind: z.enum(['BACKUP_VAULT', 'LOGICALLY_AIR_GAPPED_BACKUP_VAULT']),
  repositoryId: z.string().nullable(),
  classification: z.enum(['public', 'internal', 'confidential', 'restricted']).nullable(),
  encryptionKeyLabel: z.string().nullable(),
  creatorRequestId: z.string().nullable(),
  lockMode: z.enum(['governance', 'compliance']).nullable(),
  minRetentionDays: z.int().nullable(),
  maxRetentionDays: z.int().nullable(),
  changeableForDays: z.int().nullable(),
  lockDate: isoInstant.nullable(),
  accessPolicy: z.string().nullable(),
  notificationTopic: z.string().nullable(),
  notificationEvents: z.array(z.string()).nullable(),
  tags: tagsSchema,
})

const holdSchema = z.object({
  id: z.uuid(),
  recordName: z.string().nullable(),
  title: z.string(),
  description: z.string(),
  state: z.enum(['CREATING', 'ACTIVE', 'CANCELING', 'CANCELED']),
  query: someObject,
  createdAt: isoInstant,
  cancelledAt: isoInstant.nullable(),
  /** Whether it binds no point of any vault: then no vault knows of it. */
  isEmpty: z.boolean(),
  tags: tagsSchema,
})

/**
 * What every vault of a project keeps of its policy, to be rebuilt from: no people, no secrets, nothing that changes by itself.
 * Written by one version, read by another: fields are added, and never change their meaning.
 */
export const policyRecordSchema = z.object({
  org: z.object({ id: z.uuid(), hexId: z.string(), name: z.string(), createdAt: isoInstant }),
  project: z.object({
    id: z.uuid(),
    hexId: z.string(),
    name: z.string(),
    accountLabel: z.string(),
    regionLabel: z.string(),
    compliancePolicy: someObject.nullable(),
    createdAt: isoInstant,
  }),
  vaults: z.array(vaultSchema),
  sources: z.array(sourceSchema),
  plans: z.array(planSchema),
  holds: z.array(holdSchema),
})

export type PolicyRecord = z.output<typeof policyRecordSchema>
