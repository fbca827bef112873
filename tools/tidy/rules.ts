/** One thing that must not stand in a file, and what to write in its place. */
export interface TidyRule {
  readonly name: string
  readonly pattern: RegExp
  readonly substitute: string
  /** Searched with comments blanked, so that they may speak of what the code must not do. */
  readonly codeOnly?: boolean
  readonly appliesTo: (path: string) => boolean
}

const isCode = (path: string) => /\.(ts|tsx|js|cjs|mjs)$/.test(path)
const isTest = (path: string) => path.endsWith('.test.ts') || /^(tests|packages\/testkit)\//.test(path)
const isRoot = (path: string) => /^(packages\/(cli|control-plane)|tools|bench)\//.test(path)
const isSystemContext = (path: string) => path === 'packages/foundation/src/system-context.ts'
const isLibrary = (path: string) => isCode(path) && !isTest(path) && !isRoot(path)
const isTidyItself = (path: string) => path.startsWith('tools/tidy')

export const tidyRules: readonly TidyRule[] = [
  {
    name: 'clock',
    pattern: /\bDate\.now\(|\bnew Date\(\)/,
    substitute: 'take the time from Context.clock.nowMs()',
    codeOnly: true,
    appliesTo: (path) => isLibrary(path) && !isSystemContext(path),
  },
  {
    name: 'timer',
    // How long a socket may be idle is a setting of it.
    pattern: /(?<!socket\.)\b(setTimeout|setInterval)\(|from 'node:timers/,
    substitute: 'wait with Context.clock.sleep(delayMs, signal)',
    codeOnly: true,
    appliesTo: (path) => isLibrary(path) && !isSystemContext(path),
  },
  {
    name: 'environment',
    pattern: /\bprocess\.env\b/,
    substitute: 'only composition roots read the environment: take what you need as an argument',
    codeOnly: true,
    appliesTo: isLibrary,
  },
  {
    name: 'exit',
    pattern: /\bprocess\.exit\(/,
    substitute: 'throw a CoffreError, or set process.exitCode in a composition root',
    codeOnly: true,
    appliesTo: (path) => isCode(path) && !isRoot(path),
  },
  {
    name: 'as-any',
    pattern: /\bas any\b|@ts-(ignore|nocheck)/,
    substitute: 'narrow an unknown, or state the type',
    appliesTo: (path) => isCode(path) && !isTidyItself(path),
  },
  {
    name: 'empty-catch',
    pattern: /\bcatch\s*(\([^)]*\))?\s*\{\s*\}|\.catch\(\(\)\s*=>\s*\{\s*\}\)/,
    substitute: 'return the error, or say in a comment why nobody can need it',
    appliesTo: (path) => isCode(path) && !isTidyItself(path),
  },
  {
    name: 'left-to-do',
    pattern: /\b(FIXME|TODO)\b/,
    substitute: 'do it now, or open an issue',
    appliesTo: (path) => !isTidyItself(path),
  },
  {
    name: 'skipped-test',
    pattern: /\b(test|it|describe|suite)\.(skip|only|todo)\(|\b(skip|todo|only): (true|')/,
    substitute: 'a test runs or is deleted; what it needs from outside stands in its file name',
    codeOnly: true,
    appliesTo: (path) => isTest(path) && !isTidyItself(path),
  },
  {
    name: 'machine-path',
    pattern: /(?<![\w.$}/-])\/(work|root|tmp\/w)\/|\/Users\/\w/,
    substitute: 'no path of one machine: derive it, or use os.tmpdir()',
    appliesTo: (path) => !isTidyItself(path),
  },
  {
    name: 'registry-host',
    pattern: /registry\.npmjs\.org|proxy\.golang\.org|sum\.golang\.org|pypi\.org/,
    substitute: 'leave the choice of registry to the settings of npm, go and pip',
    appliesTo: (path) => !isTidyItself(path),
  },
]

const drawerNames = ['utils', 'util', 'helpers', 'helper', 'common', 'types', 'manager', 'misc', 'lib', 'interfaces']

/** A name under which anything could be found says nothing. */
export function isDrawer(path: string): boolean {
  return path.split('/').some((part) => drawerNames.includes(part.replace(/(\.test)?\.ts$/, '')))
}
