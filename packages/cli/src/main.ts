/**
 * The `coffre` command. Compiled modules are kept beside the packages, since compiling takes longer than most commands; so this file
 * loads nothing else by itself.
 */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

const compiledModules = join(import.meta.dirname, '../../../node_modules/.cache/coffre-modules')
enableCompileCache(compiledModules)
const { runProcess } = await import('./host/run-process.ts')
await runProcess(compiledModules)
