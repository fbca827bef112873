/** `npm run complete-lock`: gives package-lock.json the entries without which `npm ci` refuses it. Run it after adding a dependency. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from './project-root.ts'
import { addMissingEntries, type LockFile } from './tidy/lock-file.ts'

const path = join(projectRoot, 'package-lock.json')
const lock = JSON.parse(await readFile(path, 'utf8')) as LockFile
const added = addMissingEntries(lock)
if (added.length > 0) await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`)
for (const { name, version, neededBy } of added) process.stdout.write(`added ${name}@${version}, optional for ${neededBy}\n`)
