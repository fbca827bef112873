/** `npm run bench`: Coffre beside restic, kopia and borg, and what it does at scale. docs/benchmarks.md says how and shows the results. */
import { rm } from 'node:fs/promises'
import { BenchRun } from './bench-run.ts'
import { parseOptions, usage } from './options.ts'
import { makeRunFolder } from './run-folder.ts'

const report = (line: string) => process.stderr.write(`bench: ${line}\n`)

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  report(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

/** True when every command did what it should. How fast is for the reader to judge. */
async function main(args: readonly string[]): Promise<boolean> {
  const options = parseOptions(args)
  if (options === undefined) {
    process.stdout.write(usage)
    return true
  }
  const runFolder = await makeRunFolder(options.workFolder)
  const command = args.length === 0 ? 'npm run bench' : `npm run bench -- ${args.join(' ')}`
  const run = new BenchRun(options, command, runFolder, report)
  try {
    await run.run()
  } finally {
    if (!options.keep) await rm(runFolder, { recursive: true, force: true })
  }
  for (const failure of run.failures) report(`FAILED: ${failure}`)
  return run.failures.length === 0
}
