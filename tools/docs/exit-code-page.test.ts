import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../project-root.ts'
import { renderExitCodePage } from './exit-code-page.ts'

test('docs/exit-codes.md is what the catalogue says now', async () => {
  const page = await readFile(join(projectRoot, 'docs/exit-codes.md'), 'utf8')
  assert.equal(page, renderExitCodePage(), 'run npm run docs')
})
