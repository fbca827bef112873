// The import table of ARCHITECTURE.md, held by dependency-cruiser: who may import whom, no cycles, the test kit in tests only.
// Folders that do not exist yet have their row already.

/** What each package may import besides itself, Node and npm packages. */
const mayImport = {
  'foundation': [],
  'storage': ['foundation'],
  'repository': ['foundation', 'storage'],
  'journal': ['foundation', 'storage', 'repository', 'connector'],
  'policy': ['foundation'],
  'connector': ['foundation'],
  'connectors/[^/]+': ['foundation', 'connector'],
  'engine': ['foundation', 'storage', 'repository', 'journal', 'policy', 'connector', 'connectors/[^/]+'],
  'api-contract': [],
  'control-plane': ['(?!cli/|console/|testkit/).+'],
  'cli': ['(?!control-plane/|console/|testkit/).+'],
  'console': ['api-contract'],
  'testkit': ['(?!cli/|control-plane/|console/).+'],
}

/** Packages that may use none of npm's packages, or only the named ones. */
const npmAllowed = { 'foundation': [], 'api-contract': ['zod'] }

const tests = String.raw`\.test\.ts$|^tests/|^packages/testkit/|^packages/control-plane/src/testing/|^packages/connectors/[^/]+/src/testing/`

const rules = [
  {
    name: 'no-cycles',
    comment: 'Modules that need each other are one module, or hide a third one.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-unresolvable',
    comment: 'Import a package by its name; only what its index.ts exports can be imported.',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'testkit-in-tests-only',
    comment: 'The test kit is imported by tests, and by benchmarks, which start the same engines.',
    from: { pathNot: [tests, '^bench/'] },
    to: { path: '^packages/testkit/' },
  },
  {
    name: 'no-test-imported',
    comment: 'What two tests share belongs into the test kit, or into a module beside them that is no test.',
    from: {},
    to: { path: String.raw`\.test\.ts$` },
  },
  {
    name: 'packages-import-no-roots',
    comment: 'Packages do not import tools, benchmarks or black-box tests.',
    from: { path: '^packages/' },
    to: { path: '^(tools|bench|tests)/' },
  },
  {
    name: 'packages-by-name',
    comment: 'Packages import each other by name, never by a relative path.',
    from: { path: '^packages/((?:connectors/)?[^/]+)/' },
    to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
  },
  {
    name: 'declared-dependencies-only',
    comment: 'A package of npm must be in the package.json of the package that imports it.',
    from: { path: '^packages/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  ...Object.entries(mayImport).map(([name, allowed]) => ({
    name: `imports-of-${name.replace('/[^/]+', '')}`,
    comment: `packages/${name} may import ${allowed.join(', ') || 'no other package'} only; its tests, the test kit too.`,
    from: { path: `^packages/${name}/` },
    to: {
      path: '^packages/',
      pathNot: [
        name === 'connectors/[^/]+' ? '^packages/$1/' : `^packages/${name}/`,
        ...allowed.map((other) => `^packages/${other}/`),
      ],
    },
  })),
  ...Object.entries(npmAllowed).map(([name, allowed]) => ({
    name: `npm-packages-of-${name}`,
    comment: `packages/${name} may use ${allowed.join(', ') || 'none'} of npm's packages.`,
    from: { path: `^packages/${name}/`, pathNot: tests },
    to: { path: '/?node_modules/', pathNot: ['node_modules/@coffre/', ...allowed.map((other) => `node_modules/${other}/`)] },
  })),
]

module.exports = {
  forbidden: rules.map(finish),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(fixtures|\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
}

/** Tests may import the test kit; a connector's own folder is a group of its path. */
function finish(rule) {
  const finished = { ...rule, severity: 'error' }
  if (rule.name.startsWith('imports-of-')) {
    finished.to = { ...rule.to, pathNot: [...rule.to.pathNot, '^packages/testkit/'] }
    if (rule.name === 'imports-of-connectors') finished.from = { path: '^packages/(connectors/[^/]+)/' }
  }
  return finished
}
