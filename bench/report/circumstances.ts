import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { resolve } from 'node:path'
import { fileSystemIn } from './file-system-in.ts'

/** When, where and with what the figures of a section were measured: one paragraph. */
export async function circumstances(
  command: string,
  rounds: number,
  versions: readonly string[],
  workFolder: string,
): Promise<string> {
  const machine = [
    cpus()[0]?.model ?? 'unknown processor',
    `${availableParallelism()} cores`,
    `${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`,
    `${type()} ${release()}`,
    `${await fileSystemOf(workFolder)}`,
  ].join(', ')
  const date = new Date().toISOString().slice(0, 10)
  const times = rounds === 1 ? 'one round' : `${rounds} rounds`
  return `Measured ${date} by \`${command}\` (${times}) on ${machine}. Versions: ${versions.join(', ')}.`
}

async function fileSystemOf(folder: string): Promise<string> {
  try {
    return fileSystemIn(await readFile('/proc/self/mounts', 'utf8'), resolve(folder))
  } catch {
    // Only Linux has it.
    return 'unknown file system'
  }
}
