import type { Finding, TreeConnector } from '@coffre/connector'
import { checkPaths } from './checks.ts'
import { type FilesConfig, parseFilesConfig } from './config.ts'

/** Folders and files that the worker can read where it runs. Their points are plain trees under their absolute paths. */
export const filesConnector: TreeConnector<FilesConfig> = {
  engine: 'files',
  parseConfig: parseFilesConfig,
  identify: ({ paths, excludes }) => JSON.stringify([paths, [...excludes].sort()]),
  check: (config, _context, signal): Promise<readonly Finding[]> => checkPaths(config, signal),
  select: ({ paths, excludes, excludeLargerThanBytes, excludesCaches, staysOnFileSystem }) => ({
    roots: paths,
    excludes,
    excludesCaches,
    staysOnFileSystem,
    ...(excludeLargerThanBytes === undefined ? {} : { excludeLargerThanBytes }),
  }),
}
