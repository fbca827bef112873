import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { runCommand } from '../run-command.ts'
import { type DebianPackages, type LaunchedProgram, programOf, type Tool } from './tool.ts'

/**
 * Has apt download the packages, which it checks against the signed lists of the distribution, and unpacks them into `folder`.
 * Nothing is installed, so none of their services starts.
 */
export async function unpackDebianTool(tool: Tool, source: DebianPackages, folder: string): Promise<void> {
  const workFolder = await mkdtemp(`${folder}-debian-`)
  try {
    await download(tool, source, workFolder)
    for (const name of (await readdir(workFolder)).sort()) {
      const { exitCode, stderr } = await runCommand('dpkg-deb', ['--extract', join(workFolder, name), folder])
      if (exitCode !== 0) throw new Error(`dpkg-deb could not unpack ${name} for ${tool.name}: ${stderr.trim()}`)
    }
    if (source.launched !== undefined) await writeLauncher(join(folder, programOf(tool)), folder, source.launched)
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

/** Compiled modules beside the others would make the tool's folder another one than was fetched. */
const pythonLines = ['export PYTHONPATH="$folder/usr/lib/python3/dist-packages"', 'export PYTHONDONTWRITEBYTECODE=1']

/** Finds its folder by its own place, so that the folder can be moved. */
async function writeLauncher(path: string, folder: string, { path: program, interpreter }: LaunchedProgram): Promise<void> {
  const lines = [
    '#!/bin/sh',
    `folder=$(cd "$(dirname "$0")" && cd ${relative(dirname(path), folder) || '.'} && pwd)`,
    'export LD_LIBRARY_PATH="$folder/usr/lib/$(uname -m)-linux-gnu"',
    ...(interpreter === undefined ? [] : pythonLines),
    `exec ${interpreter ?? ''} "$folder/${program}" "$@"`,
  ]
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o755 })
}

/** Lists that are missing or old are fetched first, which takes root. */
async function download(tool: Tool, { packages }: DebianPackages, folder: string): Promise<void> {
  const fetchPackages = () => runCommand('apt-get', ['download', '--quiet', ...packages], { cwd: folder })
  const first = await fetchPackages()
  if (first.exitCode === 0) return
  const update = await runCommand('apt-get', ['update', '--quiet'])
  const second = update.exitCode === 0 ? await fetchPackages() : update
  if (second.exitCode === 0) return
  throw new Error(`apt-get could not download ${packages.join(' and ')} for ${tool.name}: ${second.stderr.trim()}`)
}
