import { availableParallelism } from 'node:os'
import { systemContext } from '@coffre/foundation'
import { defaultScryptCost, openLocalFiles, processIdentity, type RepositoryContext } from '@coffre/repository'
import type { Environment } from '@coffre/storage'
import { usageError } from '../messages/command-line-error.ts'
import { variable } from '../surroundings.ts'

/** More threads than this wait for each other. */
const workersMax = 8

/** What a repository gets from this process. */
export function newRepositoryContext(environment: Environment): RepositoryContext {
  return {
    ...systemContext,
    identity: processIdentity(),
    files: openLocalFiles(),
    workers: workers(environment),
    scrypt: defaultScryptCost,
  }
}

function workers(environment: Environment): number {
  const wanted = variable(environment, 'COFFRE_WORKERS')
  if (wanted === undefined) return Math.min(workersMax, availableParallelism())
  if (!/^\d{1,3}$/.test(wanted))
    throw usageError('error.variableValue', { variable: 'COFFRE_WORKERS', value: wanted, expected: '0 … 999' })
  return Number(wanted)
}
