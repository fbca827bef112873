/** `npm run check`: the gate that every commit passes. Runs every step, says what each found, and fails when one of them failed. */
import { checkSteps } from './check/check-steps.ts'
import { projectRoot } from './project-root.ts'
import { runCommand } from './run-command.ts'

const failed: string[] = []
for (const { name, args, advice } of checkSteps) {
  const begin = performance.now()
  const result = await runCommand(process.execPath, args, { cwd: projectRoot })
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  const passed = result.exitCode === 0
  process.stdout.write(`${passed ? 'passed' : 'FAILED'}  ${name} (${seconds} s)\n`)
  if (passed) continue
  failed.push(name)
  process.stdout.write(`${result.stdout}${result.stderr}\n${name}: ${advice}\n`)
}
if (failed.length > 0) process.stdout.write(`check: FAILED: ${failed.join(', ')}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
