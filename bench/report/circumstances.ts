import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { resolve } from 'node:path'

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

/** The type of the file system that a path is on, after a list of mounts as /proc has it. */
export function fileSystemIn(mounts: string, path: string): string {
  let best = { point: '', kind: 'unknown file system' }
  for (const line of mounts.split('\n')) {
    const [, point = '', kind = ''] = line.split(' ')
    const isAbove = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)
    if (kind !== '' && isAbove && point.length >= best.point.length) best = { point, kind }
  }
  return best.kind
}
