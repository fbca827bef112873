import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { glob, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { projectRoot } from '../project-root.ts'
import { programOf, type Tool } from './tool.ts'

/**
 * Fetched tools, each in `<name>-<version>-<platform>/`, with a receipt that holds the SHA-256 of the program, or of all files where
 * the tool is more than its program. A folder appears by one rename, tool and receipt together; a tool that no longer fits its
 * receipt counts as absent.
 */
export interface ToolCache {
  readonly folder: string
  /** The path of the program, or undefined when it is absent or not what was put there. */
  find(tool: Tool): Promise<string | undefined>
  /**
   * Has `build` write the program to the path that it is given, and what else belongs to it into the folder, and puts that in
   * place. Safe beside others, and against a kill.
   */
  add(tool: Tool, build: (path: string, folder: string) => Promise<void>): Promise<string>
}

/** The cache in COFFRE_CACHE, or else in `.cache/tools` of the checkout. */
export function openToolCache(): ToolCache {
  const given = process.env['COFFRE_CACHE']
  return toolCacheIn(given === undefined || given === '' ? join(projectRoot, '.cache', 'tools') : resolve(given))
}

export function toolCacheIn(folder: string): ToolCache {
  const folderOf = (tool: Tool) => join(folder, `${tool.name}-${tool.version}-${process.platform}-${process.arch}`)

  async function find(tool: Tool): Promise<string | undefined> {
    const path = join(folderOf(tool), programOf(tool))
    try {
      const receipt = await readFile(join(folderOf(tool), receiptName(tool)), 'utf8')
      return receipt === (await receiptFor(tool, folderOf(tool))) ? path : undefined
    } catch {
      return undefined
    }
  }

  async function add(tool: Tool, build: (path: string, folder: string) => Promise<void>): Promise<string> {
    await mkdir(folder, { recursive: true })
    await removeLeftovers(folder)
    const workFolder = join(folder, `${workPrefix}${process.pid}-${randomBytes(4).toString('hex')}`)
    try {
      await mkdir(workFolder)
      await build(join(workFolder, programOf(tool)), workFolder)
      await writeFile(join(workFolder, receiptName(tool)), await receiptFor(tool, workFolder))
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
    return join(folderOf(tool), programOf(tool))
  }

  /** `<folder>/<name>` leads to the newest program, for people and for a test that is run by hand. */
  async function link(tool: Tool, temporary: string): Promise<void> {
    await symlink(relative(folder, join(folderOf(tool), programOf(tool))), temporary)
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

const receiptName = (tool: Tool): string => `${tool.name}.sha256`

async function receiptFor(tool: Tool, folder: string): Promise<string> {
  if (tool.program === undefined) return `${await sha256Of(join(folder, tool.name))}\n`
  const files: string[] = []
  for await (const entry of glob('**', { cwd: folder, withFileTypes: true })) {
    if (!entry.isDirectory()) files.push(relative(folder, join(entry.parentPath, entry.name)))
  }
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    if (file !== receiptName(tool)) hash.update(`${file}\0${await sha256Of(join(folder, file))}\n`)
  }
  return `${hash.digest('hex')}\n`
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
