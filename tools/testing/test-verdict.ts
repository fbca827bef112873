/** The counts of a whole run, as node's `test:summary` event has them. */
export interface TestCounts {
  readonly tests: number
  readonly suites: number
  readonly passed: number
  readonly failed: number
  readonly cancelled: number
  readonly skipped: number
  readonly todo: number
}

export interface Verdict {
  readonly passed: boolean
  readonly complaints: readonly string[]
}

/** A run passes when something ran, nothing failed, and nothing was left out: a skipped test proves nothing. */
export function verdictOf(
  total: { readonly counts: TestCounts; readonly success: boolean } | undefined,
  notRun: readonly string[],
): Verdict {
  if (total === undefined) return { passed: false, complaints: ['the test runner ended without a summary'] }
  const { counts, success } = total
  const complaints = notRun.map((test) => `skipped or left to do, which is not allowed: ${test}`)
  if (counts.passed === 0) complaints.push('no test passed')
  const leftOut = counts.skipped + counts.todo + counts.cancelled
  return { passed: success && counts.failed === 0 && leftOut === 0 && complaints.length === 0, complaints }
}

const closingNames = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms']

/** Whether the runner's diagnostic is one of the counts that close a run; we print them ourselves, last. */
export function isClosingLine(message: string, nesting: number): boolean {
  const [name = '', value = '', ...rest] = message.split(' ')
  return nesting === 0 && rest.length === 0 && closingNames.includes(name) && value !== '' && Number.isFinite(Number(value))
}

/** The lines with which node closes a run in TAP, such as `# pass 12`. */
export function closingLines(counts: TestCounts, durationMs: number): string[] {
  const { tests, suites, passed, failed, cancelled, skipped, todo } = counts
  const values = [tests, suites, passed, failed, cancelled, skipped, todo, durationMs]
  return closingNames.map((name, at) => `# ${name} ${values[at]}`)
}
