import { availableParallelism } from 'node:os'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { projectRoot } from '../project-root.ts'
import { closingLines, isClosingLine, type TestCounts, verdictOf } from './test-verdict.ts'

/** One file may take this long before it is taken for hanging. The longest should take a tenth of it. */
const fileTimeoutMs = 15 * 60_000

/**
 * Runs the files with node's test runner, each in a process of its own, prints what the spec reporter prints and then node's closing
 * lines as they are in TAP. True when every test passed and none was skipped or left to do.
 */
export async function runTestFiles(files: readonly string[], output: NodeJS.WritableStream): Promise<boolean> {
  if (files.length === 0) throw new Error('there is no test file to run')
  const concurrency = Math.min(files.length, availableParallelism())
  const stream = run({ files: [...files], cwd: projectRoot, concurrency, timeout: fileTimeoutMs })
  const reporter = new spec()
  reporter.pipe(output, { end: false })
  const ended = new Promise((resolve) => reporter.once('end', resolve))
  const notRun: string[] = []
  let total: { readonly counts: TestCounts; readonly durationMs: number; readonly success: boolean } | undefined
  for await (const event of stream) {
    if (event.type === 'test:summary' && event.data.file === undefined) {
      total = { counts: event.data.counts, durationMs: event.data.duration_ms, success: event.data.success }
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
  const verdict = verdictOf(total, notRun)
  output.write([...verdict.complaints, ...(total === undefined ? [] : closingLines(total.counts, total.durationMs)), ''].join('\n'))
  return verdict.passed
}

function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false
}
