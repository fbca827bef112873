import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../tools/run-command.ts'

/** Programs in Go whose sources, with those of all modules that they use, are the real files of the corpora. */
const programs = [
  'github.com/restic/restic@v0.18.1',
  'github.com/kopia/kopia@v0.21.1',
  'github.com/versity/versitygw@v1.8.0',
  'github.com/opentofu/opentofu@v1.12.6',
]

interface DownloadedModule {
  readonly Path: string
  readonly Version: string
  readonly Dir?: string
  readonly Error?: string
}

/** The folder that Go keeps modules in, and those of all modules of the programs, relative to it and sorted. */
export interface SourceModules {
  readonly cacheFolder: string
  readonly folders: readonly string[]
}

/** Go downloads what is not in its cache, and verifies each module against the hashes that the programs fix. */
export async function sourceModules(): Promise<SourceModules> {
  const { exitCode, stdout, stderr } = await runCommand('go', ['env', 'GOMODCACHE'], { env: goEnvironment() })
  if (exitCode !== 0) throw new Error(`the source code of Go modules cannot be had: go does not run: ${stderr.trim()}`)
  const cacheFolder = stdout.trim()
  const folders = new Set<string>()
  for (const program of programs) {
    for (const folder of await downloadProgram(program)) folders.add(folder.slice(cacheFolder.length + 1))
  }
  return { cacheFolder, folders: [...folders].sort() }
}

async function downloadProgram(program: string): Promise<readonly string[]> {
  const [main] = await download([program], tmpdir())
  if (main === undefined) throw new Error(`go did not download ${program}`)
  // In a copy, since the module's own folder is read-only and go wants to write beside go.mod.
  const folder = await mkdtemp(join(tmpdir(), 'coffre-modules-'))
  try {
    for (const name of ['go.mod', 'go.sum']) await copyFile(join(main, name), join(folder, name))
    return [main, ...(await download([], folder))]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function download(modules: readonly string[], cwd: string): Promise<string[]> {
  const { stdout, stderr } = await runCommand('go', ['mod', 'download', '-json', ...modules], { cwd, env: goEnvironment() })
  const downloaded = parseObjects(stdout)
  if (downloaded.length === 0) throw new Error(`go mod download ${modules.join(' ')} failed: ${stderr.trim()}`)
  return downloaded.map(({ Path, Version, Dir, Error: reason }) => {
    if (Dir === undefined) throw new Error(`go could not download ${Path}@${Version}: ${reason ?? stderr.trim()}`)
    return Dir
  })
}

/** The go command prints one object after the other. */
function parseObjects(text: string): DownloadedModule[] {
  return JSON.parse(`[${text.trim().replace(/^}\n{/gm, '},{')}]`) as DownloadedModule[]
}

function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOFLAGS: '', GOWORK: 'off' }
}
