import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { idOrNameSchema, idSchema } from '../primitives.ts'
import { approvalProblems } from './approval-operations.ts'
import { vaultLockSchema, vaultSchema } from './vault-operations.ts'

const vaultInPath = z.object({ vault: idOrNameSchema })
const approvalInQuery = z.object({ approval: idSchema.optional() })

export const setVaultLock = defineOperation({
  id: 'vaults.set-lock',
  method: 'PUT',
  path: '/vaults/{vault}/lock',
  summary: 'Lock a vault, or change its lock',
  description:
    'What is not given is not bounded. A lock that allows nothing that the one before did not is set at once; any other needs an approval of several people. From its lock date on a compliance lock is changed by nobody. Points that are there keep their own terms.',
  right: 'vault.lock',
  params: vaultInPath,
  query: approvalInQuery,
  body: vaultLockSchema,
  status: 200,
  answer: vaultSchema,
  problems: ['object.missing', 'policy.retention-invalid', 'storage.unsupported', 'vault.lock-final', ...approvalProblems],
})

export const removeVaultLock = defineOperation({
  id: 'vaults.unlock',
  method: 'DELETE',
  path: '/vaults/{vault}/lock',
  summary: 'Remove the lock of a vault',
  description: 'Needs an approval of several people. Points that are there keep their own terms.',
  right: 'vault.lock',
  params: vaultInPath,
  query: approvalInQuery,
  body: undefined,
  status: 200,
  answer: vaultSchema,
  problems: ['object.missing', 'vault.lock-final', ...approvalProblems],
})

export const deleteVault = defineOperation({
  id: 'vaults.delete',
  method: 'DELETE',
  path: '/vaults/{vault}',
  summary: 'Forget an empty vault',
  description: 'Needs an approval of several people. Its files stay where they are.',
  right: 'vault.write',
  params: vaultInPath,
  query: approvalInQuery,
  body: undefined,
  status: 200,
  answer: z.object({ id: idSchema, location: z.string().describe('where its files still are') }),
  problems: ['object.missing', 'object.in-use', ...approvalProblems],
})
