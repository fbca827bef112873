import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { projectRoot } from '../project-root.ts'
import type { Tool } from './tool.ts'

/**
 * Fetched programs, each in `<name>-<version>-<platform>/`, with a receipt that holds the SHA-256 of the program. A folder appears by
 * one rename, program and receipt together; a program that no longer fits its receipt counts as absent.
 */
export interface ToolCache {
  readonly folder: string
  /** The path of the program, or undefined when it is absent or not what was put there. */
  find(tool: Tool): Promise<string | undefined>
  /** Has `build` write the program to the path that it is given, and puts it in place. Safe beside others, and against a kill. */
  add(tool: Tool, build: (path: string) => Promise<void>): Promise<string>
}

/** The cache in COFFRE_CACHE, or else in `.cache/tools` of the checkout. */
export function openToolCache(): ToolCache {
  const given = process.env['COFFRE_CACHE']
  return toolCacheIn(given === undefined || given === '' ? join(projectRoot, '.cache', 'tools') : resolve(given))
}

export function toolCacheIn(folder: string): ToolCache {
  const folderOf = (tool: Tool) => join(folder, `${tool.name}-${tool.version}-${process.platform}-${process.arch}`)

  async function find(tool: Tool): Promise<string | undefined> {
    const path = join(folderOf(tool), tool.name)
    try {
      const receipt = await readFile(`${path}.sha256`, 'utf8')
      return receipt === `${await sha256Of(path)}\n` ? path : undefined
    } catch {
      return undefined
    }
  }

  async function add(tool: Tool, build: (path: string) => Promise<void>): Promise<string> {
    await mkdir(folder, { recursive: true })
    await removeLeftovers(folder)
    const workFolder = join(folder, `${workPrefix}${process.pid}-${randomBytes(4).toString('hex')}`)
    try {
      await mkdir(workFolder)
      const program = join(workFolder, tool.name)
      await build(program)
      await writeFile(`${program}.sha256`, `${await sha256Of(program)}\n`)
      return await place(tool, workFolder)
    } finally {
      await rm(workFolder, { recursive: true, force: true })
    }
  }

  async function place(tool: Tool, workFolder: string): Promise<string> {
    const existing = await find(tool)
    if (existing !== undefined) return existing
    await rm(folderOf(tool), { recursive: true, force: true })
    try {
      await rename(workFolder, folderOf(tool))
    } catch (error) {
      const another = await find(tool)
      if (another !== undefined) return another
      throw error
    }
    await link(tool, `${workFolder}-link`)
    return join(folderOf(tool), tool.name)
  }

  /** `<folder>/<name>` leads to the newest program, for people and for a test that is run by hand. */
  async function link(tool: Tool, temporary: string): Promise<void> {
    await symlink(relative(folder, join(folderOf(tool), tool.name)), temporary)
    await rename(temporary, join(folder, tool.name))
  }

  return { folder, find, add }
}

const workPrefix = '.building-'

/** Removes what builds left behind whose process is gone. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(workPrefix)) continue
    const owner = Number.parseInt(name.slice(workPrefix.length), 10)
    if (!isRunning(owner)) await rm(join(folder, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
