import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { runCommand } from '../run-command.ts'
import type { Tool } from './tool.ts'

/** The version that the program at `path` says it is, or undefined when it does not run or says something else. */
export async function toolVersion(tool: Tool, path: string): Promise<string | undefined> {
  const { exitCode, stdout } = await runCommand(path, tool.versionArgs)
  return exitCode === 0 ? tool.versionPattern.exec(stdout)?.[1] : undefined
}

/** Where the PATH has a program of this name, if anywhere. */
export async function findOnPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name)
    if (folder !== '' && (await isExecutable(path))) return path
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
