import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

const prefix = 'run-'

/** A folder of its own for this run below `workFolder`. What runs left behind whose process is gone is removed. */
export async function makeRunFolder(workFolder: string): Promise<string> {
  await mkdir(workFolder, { recursive: true })
  for (const name of await readdir(workFolder)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN
    if (Number.isInteger(pid) && !isRunning(pid)) await rm(join(workFolder, name), { recursive: true, force: true })
  }
  const folder = join(workFolder, `${prefix}${process.pid}`)
  await mkdir(folder)
  return folder
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
