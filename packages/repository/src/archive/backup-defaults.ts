import type { RepositoryContext } from '../repository/repository-context.ts'
import type { BackupOptions } from './backup.ts'
import { selectAll } from './selection.ts'

/** Options for a plain backup of everything in the targets: no parent, no tags, files that cannot be read end it. */
export function backupDefaults(context: RepositoryContext): Omit<BackupOptions, 'contentCut'> {
  return {
    selection: selectAll,
    withAtime: false,
    ignoreInode: false,
    ignoreCtime: false,
    cut: 'auto',
    force: false,
    onError(_path, error) {
      throw error
    },
    tags: [],
    hostname: context.identity.hostname,
    excludes: [],
    parent: undefined,
    compression: 'auto',
    verification: 'sampled',
    programVersion: 'coffre',
    skipIfUnchanged: false,
    workingFolder: '/',
  }
}
