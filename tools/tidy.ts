/** The rules that no other tool knows, each with its substitute. Prints every breach; fails when there is one. */
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from './project-root.ts'
import { type LockFile, missingEntries } from './tidy/lock-file.ts'
import { tidyFile } from './tidy/tidy-file.ts'

const patterns = [
  '{packages,tools,bench,tests}/**/*.{ts,tsx,js,cjs,mjs,json,sh,md}',
  '{docs,changes}/**/*.md',
  '*.{md,json}',
  'coffre',
  '.ci/*',
]
const foreign = ['node_modules', 'fixtures', '.cache', 'package-lock.json']

const breaches: string[] = []
for await (const path of glob(patterns, {
  cwd: projectRoot,
  exclude: (name) => foreign.includes(name.split('/').at(-1) ?? name),
})) {
  breaches.push(...tidyFile(path, await readFile(join(projectRoot, path), 'utf8')))
}
const lock = await readFile(join(projectRoot, 'package-lock.json'), 'utf8')
for (const { name, version, neededBy } of missingEntries(JSON.parse(lock) as LockFile)) {
  breaches.push(`package-lock.json: lacks ${name}@${version}, optional for ${neededBy}: npm run complete-lock`)
}
if (/"resolved": "https?:/.test(lock))
  breaches.push('package-lock.json: names a registry host: npm install with the .npmrc of this folder')
for (const line of breaches.sort()) process.stdout.write(`${line}\n`)
process.exitCode = breaches.length === 0 ? 0 : 1
