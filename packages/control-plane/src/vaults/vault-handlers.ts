import {
  createVault as createVaultOperation,
  getVault,
  getVaultPolicies,
  listVaults as listVaultsOperation,
  type ParsedInputOf,
} from '@coffre/api-contract'
import type { S3Credentials } from '@coffre/storage'
import { objectMissing } from '../catalogue/object-missing.ts'
import { defineHandler, type Handler } from '../http/api-call.ts'
import { pageOfRows, readCursor } from '../http/page-cursor.ts'
import { createVault } from './create-vault.ts'
import { lockPolicyOf } from './lock-policy.ts'
import type { NewVault, VaultParts } from './new-vault.ts'
import { columnsOf } from './reserve-vault.ts'
import { vaultPolicies } from './vault-policies.ts'
import { findVault, listVaults } from './vault-view.ts'

/** Answers everything below /vaults. */
export function vaultHandlers(parts: VaultParts): readonly Handler[] {
  const { catalogue } = parts
  return [
    defineHandler(createVaultOperation, async (call) => {
      const { id, recoveryKey, recoveryKit } = await createVault(
        parts,
        newVault(call.projectId, call.body),
        call.audit,
        call.signal,
      )
      const vault = await findVault(catalogue, call.projectId, id)
      if (vault === undefined) throw objectMissing('vault', id)
      return { vault, recoveryKey, recoveryKit }
    }),
    defineHandler(listVaultsOperation, async ({ projectId, query: { after, limit } }) => {
      const [name] = readCursor(after, ['text']) ?? []
      const rows = await listVaults(catalogue, projectId, { limit: limit + 1, ...(name === undefined ? {} : { after: name }) })
      return pageOfRows(rows, limit, { keyOf: (vault) => [vault.name], itemOf: (vault) => vault })
    }),
    defineHandler(getVault, async (call) => {
      const vault = await findVault(catalogue, call.projectId, call.params.vault)
      if (vault === undefined) throw objectMissing('vault', call.params.vault)
      return vault
    }),
    defineHandler(getVaultPolicies, async (call) => {
      const vault = await findVault(catalogue, call.projectId, call.params.vault)
      if (vault === undefined) throw objectMissing('vault', call.params.vault)
      const { name, location, lock } = vault
      return vaultPolicies({ name, location, lock: lock === null ? undefined : lockPolicyOf(columnsOf(lock)) })
    }),
  ]
}

function newVault(projectId: string, body: ParsedInputOf<typeof createVaultOperation>['body']): NewVault {
  const { name, location, region, classification, lock, writerCredentials, keeperCredentials, tags } = body
  return {
    projectId,
    name,
    location,
    region,
    classification,
    lock,
    writerCredentials: writerCredentials && s3Credentials(writerCredentials),
    keeperCredentials: keeperCredentials && s3Credentials(keeperCredentials),
    tags,
  }
}

function s3Credentials({ sessionToken, ...pair }: GivenCredentials): S3Credentials {
  return sessionToken === undefined ? pair : { ...pair, sessionToken }
}

interface GivenCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}
