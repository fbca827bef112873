import { join } from 'node:path'
import { projectRoot } from '../../tools/project-root.ts'
import { type Command, measure } from '../measure/measure.ts'
import { coffre } from '../tools/coffre.ts'
import type { DatabaseTool } from './database-tool.ts'

/** Coffre's engine in a process of its own: the start of the process and the key's derivation are included. */
export const coffreEngine: DatabaseTool = {
  name: 'coffre',
  stores: 'encrypted, zstd, with the log of the base',
  needs: [],
  version: coffre.version,
  async prepare(place) {
    await measure(engineCommand('init', vaultIn(place)))
    return undefined
  },
  backup: (place) => engineCommand('base', vaultIn(place), String(place.server.port)),
  restore: (place, target) => engineCommand('restore', vaultIn(place), target),
  storedFolder: vaultIn,
}

export function engineCommand(...args: readonly string[]): Command {
  const program = join(import.meta.dirname, 'engine-program.ts')
  const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...engineMemory }
  return { program: process.execPath, args: [...engineFlags, program, ...args], cwd: projectRoot, env }
}

/** As workers are started. */
const engineFlags = ['--max-semi-space-size=8', '--heap-growing-percent=100']
const engineMemory = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  NODE_COMPILE_CACHE: join(projectRoot, 'node_modules/.cache/coffre-modules'),
}

function vaultIn({ folder }: { readonly folder: string }): string {
  return join(folder, 'vault')
}
