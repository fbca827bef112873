export interface CheckStep {
  readonly name: string
  /** A program of node's, and its arguments, run in the checkout. */
  readonly args: readonly string[]
  /** How to put right what it finds. */
  readonly advice: string
}

const knip = ['node_modules/knip/bin/knip.js', '--config', 'tools/check/knip.json', '--no-progress', '--no-config-hints']
const folders = ['packages', 'tools', 'bench', 'tests']

/** The gate, in order: what is cheap and says most comes first. */
export const checkSteps: readonly CheckStep[] = [
  {
    name: 'biome',
    args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--max-diagnostics=100', '.'],
    advice: 'npm run format puts right what is only form',
  },
  {
    name: 'floating promises',
    args: [
      'node_modules/eslint/bin/eslint.js',
      '--config',
      'tools/check/floating-promises.config.js',
      '--no-error-on-unmatched-pattern',
      ...folders,
    ],
    advice: 'await it, return it, or give it to what awaits it',
  },
  { name: 'tsc', args: ['node_modules/typescript/bin/tsc', '-p', '.'], advice: 'see the messages' },
  {
    name: 'dependency-cruiser',
    args: [
      'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      'tools/check/dependency-rules.cjs',
      ...folders,
    ],
    advice: 'the import table is in ARCHITECTURE.md, the rules with their reasons in tools/check/dependency-rules.cjs',
  },
  { name: 'knip', args: knip, advice: 'delete what nothing uses' },
  { name: 'knip, production', args: [...knip, '--production'], advice: 'delete what only tests use, or move it into them' },
  { name: 'tidy', args: ['tools/tidy.ts'], advice: 'each line names the substitute' },
  { name: 'fast tests', args: ['tools/fast-tests.ts'], advice: 'npm test -- PART runs the files with PART in their path' },
]
