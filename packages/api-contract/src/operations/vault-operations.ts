import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { pageOf, pageQuery } from '../page.ts'
import { idOrNameSchema, idSchema, instantSchema, nameSchema, nothing, tagsSchema } from '../primitives.ts'

const classificationSchema = z.enum(['public', 'internal', 'confidential', 'restricted'])

export const vaultLockSchema = z.object({
  mode: z.enum(['governance', 'compliance']),
  minRetentionDays: z.int().min(1).max(36_500).optional(),
  maxRetentionDays: z.int().min(1).max(36_500).optional(),
  changeableForDays: z.int().min(3).max(36_500).optional().describe('compliance: after so many days nobody can change the lock'),
})

export const vaultSchema = z.object({
  id: idSchema,
  name: nameSchema,
  state: z.enum(['CREATING', 'AVAILABLE', 'FAILED', 'UNREACHABLE']),
  location: z.string(),
  repositoryId: z.string().nullable(),
  region: z.string(),
  account: z.string(),
  classification: classificationSchema.nullable(),
  lock: vaultLockSchema
    .extend({
      lockDate: instantSchema.nullable().describe('from then on a compliance lock is final'),
      isEnforcedByStorage: z.boolean().describe("false: the lock is Coffre's word only, as on a local disk"),
    })
    .nullable(),
  points: z.int(),
  sizeBytes: z.int().describe('of all points, before deduplication'),
  tags: tagsSchema,
  createdAt: instantSchema,
})
export type VaultView = z.output<typeof vaultSchema>

const credentialsSchema = z
  .object({
    accessKeyId: z.string().min(1).max(200),
    secretAccessKey: z.string().min(1).max(500),
    sessionToken: z.string().max(5000).optional(),
  })
  .describe('kept encrypted, never shown again')

export const createVault = defineOperation({
  id: 'vaults.create',
  method: 'POST',
  path: '/vaults',
  summary: 'Make a vault',
  description: 'Makes the repository at its location and answers with the recovery key, which is shown this once only.',
  right: 'vault.write',
  params: nothing,
  query: nothing,
  body: z.object({
    name: nameSchema,
    location: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe('`s3:…` or an absolute path; a folder of the state folder when absent'),
    region: z.string().max(64).optional(),
    classification: classificationSchema.optional(),
    lock: vaultLockSchema.optional(),
    writerCredentials: credentialsSchema.optional(),
    keeperCredentials: credentialsSchema.optional(),
    tags: tagsSchema.default({}),
  }),
  status: 201,
  answer: z.object({
    vault: vaultSchema,
    recoveryKey: z.string().describe('the password that stock restic opens the vault with'),
    recoveryKit: z.string().describe('to be printed: what is needed to restore without Coffre'),
  }),
  problems: [
    'object.exists',
    'repository.exists',
    'storage.unavailable',
    'storage.credentials',
    'storage.bucket-missing',
    'storage.unsupported',
    'policy.retention-invalid',
  ],
  answersSecret: true,
})

const policyDocumentSchema = z.object({
  Version: z.string(),
  Statement: z.array(
    z.object({
      Sid: z.string(),
      Effect: z.enum(['Allow', 'Deny']),
      Action: z.array(z.string()),
      Resource: z.array(z.string()),
      Condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    }),
  ),
})

const vaultPoliciesSchema = z.object({ writer: policyDocumentSchema, keeper: policyDocumentSchema })
export type VaultPolicies = z.output<typeof vaultPoliciesSchema>

export const getVaultPolicies = defineOperation({
  id: 'vaults.policies',
  method: 'GET',
  path: '/vaults/{vault}/policies',
  summary: 'Show what the credentials of a vault may do and must not be able to do',
  description:
    'IAM policies for the users or roles of its two credentials. Keep the keeper apart from the machines that make backups.',
  right: 'read',
  params: z.object({ vault: idOrNameSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: vaultPoliciesSchema,
  problems: ['object.missing', 'storage.unsupported'],
})

export const listVaults = defineOperation({
  id: 'vaults.list',
  method: 'GET',
  path: '/vaults',
  summary: 'List vaults',
  right: 'read',
  params: nothing,
  query: z.object({ ...pageQuery }),
  body: undefined,
  status: 200,
  answer: pageOf(vaultSchema),
  problems: [],
})

export const getVault = defineOperation({
  id: 'vaults.get',
  method: 'GET',
  path: '/vaults/{vault}',
  summary: 'Show a vault',
  right: 'read',
  params: z.object({ vault: idOrNameSchema }),
  query: nothing,
  body: undefined,
  status: 200,
  answer: vaultSchema,
  problems: ['object.missing'],
})
