// ESLint is here for one rule. Biome's own noFloatingPromises does not see promises of Node's modules, arrays of promises and
// functions that are values; docs/decisions/0001-ground.md has the count.
import plugin from '@typescript-eslint/eslint-plugin'
import parser from '@typescript-eslint/parser'

const runnerCalls = { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] }

export default [
  { ignores: ['**/fixtures/**'] },
  {
    files: ['**/*.ts'],
    languageOptions: { parser, parserOptions: { project: './tsconfig.json', tsconfigRootDir: process.cwd() } },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    plugins: { '@typescript-eslint': plugin },
    rules: { '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [runnerCalls] }] },
  },
]
