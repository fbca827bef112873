import { accessSync, constants } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

const toolsFolder = resolve(import.meta.dirname, '../../../../.cache/tools')

/**
 * The program that tests need: named by `variable`, on the PATH, fetched by the project's own tools, or where systems install it.
 * Never silently absent.
 */
export function findTool(name: string, variable: string, places: readonly string[] = []): string {
  const named = process.env[variable]
  if (named !== undefined && named !== '') return named
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), toolsFolder]
  const found = [...folders.map((folder) => join(folder, name)), ...places].find(isExecutable)
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
