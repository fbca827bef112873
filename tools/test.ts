/**
 * `npm test [-- PART…]`: checks what the machine has, fetches the tools that tests run beside Coffre, and runs all tests, or those
 * whose path contains one of the parts.
 */
import { fetchTools, MachineLacksError } from './fetch/fetch-tools.ts'
import { toolTable } from './fetch/tool-table.ts'
import { missingNeeds } from './testing/machine-needs.ts'
import { findTestFiles, needsOf } from './testing/test-files.ts'
import { runTestFiles } from './testing/test-run.ts'

const report = (line: string) => process.stderr.write(`test: ${line}\n`)

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  report(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

async function main(parts: readonly string[]): Promise<boolean> {
  const lacks = await missingNeeds()
  if (lacks.length > 0) throw new MachineLacksError(lacks)
  const selected = (await findTestFiles()).filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  if (selected.length === 0) throw new Error(`no test file has ${parts.join(' or ')} in its path`)
  const { files, leftOut } = withoutRootTests(selected)
  await fetchTools(
    toolTable.filter((tool) => tool.neededBy === 'tests'),
    report,
  )
  const passed = await runTestFiles(slowestFirst(files), process.stdout)
  for (const file of leftOut) report(`${file} needs root and was NOT run; run npm test as root to run it`)
  return passed
}

/** A person without root may run the rest, and is told; on CI, which sets CI, such a run would prove less than it claims. */
function withoutRootTests(files: readonly string[]): { readonly files: readonly string[]; readonly leftOut: readonly string[] } {
  const leftOut = process.getuid?.() === 0 ? [] : files.filter((file) => needsOf(file).includes('root'))
  if (leftOut.length > 0 && isSet('CI')) throw new Error(`these tests need root: ${leftOut.join(', ')}`)
  return { files: files.filter((file) => !leftOut.includes(file)), leftOut }
}

function isSet(variable: string): boolean {
  const value = process.env[variable]
  return value !== undefined && value !== '' && value !== 'false'
}

/** Tests beside a real engine take longest: begun first, they do not keep one processor waiting for the other at the end. */
function slowestFirst(files: readonly string[]): readonly string[] {
  return files.toSorted((a, b) => needsOf(b).length - needsOf(a).length)
}
