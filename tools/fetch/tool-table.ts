import type { Tool } from './tool.ts'

/** Every program that tests and benchmarks need and npm does not install. A new one is a row here. */
export const toolTable: readonly Tool[] = [
  {
    name: 'restic',
    version: '0.18.1',
    variable: 'COFFRE_RESTIC',
    neededBy: 'tests',
    source: {
      kind: 'go',
      module: 'github.com/restic/restic',
      sum: 'h1:XmTfPA6+cUP2hPKXjUhHTj0GNfoWM1G1uhf+Ssg/j1M=',
      package: './cmd/restic',
    },
    oldestAccepted: '0.17.0',
    versionArgs: ['version'],
    versionPattern: /^restic (\d+\.\d+\.\d+)/,
  },
  {
    name: 'versitygw',
    version: '1.8.0',
    variable: 'COFFRE_VERSITYGW',
    neededBy: 'tests',
    source: {
      kind: 'go',
      module: 'github.com/versity/versitygw',
      sum: 'h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=',
      package: './cmd/versitygw',
      versionVariable: 'main.Version',
    },
    oldestAccepted: '1.8.0',
    versionArgs: ['--version'],
    versionPattern: /^Version\s*: v?(\d+\.\d+\.\d+)/m,
  },
  {
    name: 'kopia',
    version: '0.21.1',
    variable: 'COFFRE_KOPIA',
    neededBy: 'bench',
    source: {
      kind: 'go',
      module: 'github.com/kopia/kopia',
      sum: 'h1:e7UU9CqxKtc8DH9zS8KU0h8lV4HM7PA1QWXf5ytiglY=',
      package: '.',
      versionVariable: 'github.com/kopia/kopia/repo.BuildVersion',
    },
    oldestAccepted: '0.21.0',
    versionArgs: ['--version'],
    versionPattern: /^v?(\d+\.\d+\.\d+) build/,
  },
  {
    name: 'borg',
    version: '1.2.4',
    variable: 'COFFRE_BORG',
    neededBy: 'bench',
    source: { kind: 'debian', package: 'borgbackup' },
    oldestAccepted: '1.2.0',
    versionArgs: ['--version'],
    versionPattern: /^borg (\d+\.\d+\.\d+)/,
  },
]
