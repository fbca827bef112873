import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../project-root.ts'

const patterns = ['packages/**/*.test.ts', 'tests/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts']

/** The paths of all test files, relative to the checkout, sorted. */
export async function findTestFiles(folder: string = projectRoot): Promise<string[]> {
  const found: string[] = []
  const isForeign = (name: string) => name.includes('node_modules')
  for await (const path of glob(patterns, { cwd: folder, exclude: isForeign })) found.push(path)
  return found.sort()
}

/** What a test needs from outside, by its name: `s3.versitygw.test.ts` needs versitygw, `pack.test.ts` nothing. */
export function needsOf(path: string): readonly string[] {
  return fileNameOf(path).split('.').slice(1, -2)
}

/** Whether the test needs nothing but the code: those run in `npm run check` too. */
export function isFastTest(path: string): boolean {
  return needsOf(path).length === 0 && !path.startsWith(join('tests', ''))
}

function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
