import { systemContext } from '@coffre/foundation'
import { defaultScryptCost, openLocalFiles, type RepositoryContext } from '@coffre/repository'

/** For using the repository library on this process's own thread. */
export function benchContext(): RepositoryContext {
  return {
    ...systemContext,
    identity: {
      hostname: 'bench',
      username: 'bench',
      uid: 0,
      gid: 0,
      processId: process.pid,
      instance: 'bench',
      isProcessAlive: (processId) => processId === process.pid,
    },
    files: openLocalFiles(),
    workers: 0,
    scrypt: defaultScryptCost,
  }
}
