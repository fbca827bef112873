import { runCommand } from '../run-command.ts'
import type { GoModule, Tool } from './tool.ts'

interface DownloadedModule {
  readonly Dir?: string
  readonly Sum?: string
  readonly Error?: string
}

/**
 * Builds `tool` from its module's source into `path`. Go checks the module and each of its dependencies against its checksum
 * database; the module itself must also have the hash of our table.
 */
export async function buildGoTool(tool: Tool, source: GoModule, path: string): Promise<void> {
  const folder = await downloadModule(`${source.module}@v${tool.version}`, source.sum)
  const stamp = source.versionVariable === undefined ? '' : ` -X ${source.versionVariable}=${tool.version}`
  const args = ['build', '-trimpath', '-ldflags', `-s -w${stamp}`, '-o', path, source.package]
  const built = await runCommand('go', args, { cwd: folder, env: goEnvironment(), showErrors: true })
  if (built.exitCode !== 0) throw new Error(`go could not build ${tool.name} ${tool.version}; its messages are above`)
}

async function downloadModule(module: string, sum: string): Promise<string> {
  const { stdout, stderr } = await runCommand('go', ['mod', 'download', '-json', module], { env: goEnvironment() })
  const downloaded = parseDownload(stdout)
  if (downloaded.Dir === undefined) throw new Error(`go could not download ${module}: ${downloaded.Error ?? stderr}`)
  if (downloaded.Sum !== sum) throw new Error(`${module} has the hash ${downloaded.Sum}, but ${sum} was expected`)
  return downloaded.Dir
}

function parseDownload(json: string): DownloadedModule {
  try {
    return JSON.parse(json) as DownloadedModule
  } catch {
    return {}
  }
}

/** Flags that a person has set for work of their own would change what is built; where modules come from stays theirs to choose. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOFLAGS: '-buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' }
}
