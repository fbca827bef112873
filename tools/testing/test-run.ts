import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { projectRoot } from '../project-root.ts'
import { closingLines, isClosingLine, type TestCounts, verdictOf } from './test-verdict.ts'

/** One file may take this long before it is taken for hanging. The longest should take a tenth of it. */
const fileTimeoutMs = 15 * 60_000
/** So many of the slowest files are named at the end: they decide how long the whole takes. */
const slowestShown = 12

/**
 * Runs the files with node's test runner, each in a process of its own, prints what the spec reporter prints and then node's closing
 * lines as they are in TAP. True when every test passed and none was skipped or left to do.
 */
export async function runTestFiles(files: readonly string[], output: NodeJS.WritableStream): Promise<boolean> {
  if (files.length === 0) throw new Error('there is no test file to run')
  // Each file is a process of its own, and most of what it loads others have loaded before it.
  process.env['NODE_COMPILE_CACHE'] ??= join(projectRoot, 'node_modules/.cache/coffre-tests')
  // Many tests wait for an engine, a lock or a disk; one more than there are processors keeps these busy meanwhile.
  const concurrency = Math.min(files.length, availableParallelism() + 1)
  const stream = run({ files: [...files], cwd: projectRoot, concurrency, timeout: fileTimeoutMs })
  const reporter = new spec()
  reporter.pipe(output, { end: false })
  const ended = new Promise((resolve) => reporter.once('end', resolve))
  const notRun: string[] = []
  const times: { readonly file: string; readonly durationMs: number }[] = []
  let total: { readonly counts: TestCounts; readonly durationMs: number; readonly success: boolean } | undefined
  for await (const event of stream) {
    if (event.type === 'test:summary' && event.data.file === undefined) {
      total = { counts: event.data.counts, durationMs: event.data.duration_ms, success: event.data.success }
    }
    if (event.type === 'test:summary' && event.data.file !== undefined) {
      times.push({ file: event.data.file, durationMs: event.data.duration_ms })
    }
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { name, file, skip, todo } = event.data
      if (isSet(skip) || isSet(todo)) notRun.push(`${file}: ${name}`)
    }
    if (event.type === 'test:diagnostic' && isClosingLine(event.data.message, event.data.nesting)) continue
    reporter.write(event)
  }
  reporter.end()
  await ended
  output.write(slowest(times))
  const verdict = verdictOf(total, notRun)
  output.write([...verdict.complaints, ...(total === undefined ? [] : closingLines(total.counts, total.durationMs)), ''].join('\n'))
  return verdict.passed
}

function slowest(times: readonly { readonly file: string; readonly durationMs: number }[]): string {
  if (times.length < 2 * slowestShown) return ''
  const lines = times
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, slowestShown)
    .map(({ file, durationMs }) => `  ${(durationMs / 1000).toFixed(1).padStart(6)} s  ${relative(projectRoot, file)}`)
  return `The slowest files:\n${lines.join('\n')}\n`
}

function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false
}
