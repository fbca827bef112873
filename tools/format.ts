/** `npm run format [-- PATH…]`: formats, sorts imports and applies Biome's safe fixes, everywhere or in the given paths. */
import { join } from 'node:path'
import { projectRoot } from './project-root.ts'
import { runCommand } from './run-command.ts'

const paths = process.argv.slice(2)
const biome = join(projectRoot, 'node_modules/@biomejs/biome/bin/biome')
const result = await runCommand(process.execPath, [biome, 'check', '--write', ...(paths.length > 0 ? paths : ['.'])], {
  cwd: projectRoot,
  showErrors: true,
})
process.stdout.write(result.stdout)
process.exitCode = result.exitCode ?? 1
