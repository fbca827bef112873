/**
 * `npm run check [-- --no-tests]`: the gate that every commit passes. Runs every step, says what each found, and fails when one of
 * them failed. CI, which runs `npm test` next, leaves the fast tests to it.
 */
import { checkSteps } from './check/check-steps.ts'
import { projectRoot } from './project-root.ts'
import { runCommand } from './run-command.ts'

const steps = process.argv.includes('--no-tests') ? checkSteps.filter(({ name }) => name !== 'fast tests') : checkSteps
const failed: string[] = []
for (const { name, args, advice } of steps) {
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
