import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

const toolsFolder = resolve(import.meta.dirname, '../../../../.cache/tools')

/** The program that tests need: named by `variable`, on the PATH, or fetched by the project's own tools. Never silently absent. */
export function findTool(name: string, variable: string): string {
  const named = process.env[variable]
  if (named !== undefined && named !== '') return named
  const candidates = [...(process.env['PATH'] ?? '').split(delimiter), toolsFolder].map((folder) => join(folder, name))
  const found = candidates.find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    `these tests need ${name}: set ${variable}, put it on the PATH, or run npm test, which fetches it to ${toolsFolder}`,
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
