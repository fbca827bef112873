/** `npm run docs`: renders the pages of docs/ that are made from code. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderExitCodePage } from './docs/exit-code-page.ts'
import { projectRoot } from './project-root.ts'

await writeFile(join(projectRoot, 'docs/exit-codes.md'), renderExitCodePage())
