import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { errorCatalogue } from '@coffre/foundation'
import { contractOperations } from '../../testing/contract-operations.ts'
import { openApiDocument } from '../openapi/openapi-document.ts'
import { html } from './html.ts'
import { operationsPage } from './operations-page.ts'
import { wordsFor } from './page-words.ts'
import { problemsPage } from './problems-page.ts'

const operations = contractOperations()
const document = openApiDocument(operations, '1.2.3')

test('every operation and every problem has its anchor, and every link of the pages leads to one', async () => {
  const words = wordsFor(null)
  const pages = new Map([
    ['/docs', await operationsPage(document, words).text()],
    ['/docs/problems', await problemsPage(words).text()],
  ])
  const anchors = new Map(
    [...pages].map(([path, text]) => [path, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  )
  for (const { id, summary } of operations) {
    assert.ok(anchors.get('/docs')?.has(id), id)
    assert.ok(pages.get('/docs')?.includes(html`${summary}`.html))
  }
  for (const code of Object.keys(errorCatalogue)) assert.ok(anchors.get('/docs/problems')?.has(code), code)
  for (const [from, text] of pages) {
    for (const [, link = ''] of text.matchAll(/ href="([^"]+)"/g)) {
      const [path, anchor] = link.split('#')
      if (path === '/openapi.json') continue
      const there = anchors.get(path === '' ? from : (path ?? ''))
      // Codes of the drafts come with the operations that raise them.
      const isKnown = anchor === undefined || there?.has(anchor) || (path === '/docs/problems' && !(anchor in errorCatalogue))
      assert.ok(there !== undefined && isKnown, link)
    }
  }
})

test('a page runs nothing and loads nothing, and its style is the one of its policy', async () => {
  const answer = operationsPage(document, wordsFor('fr'))
  const text = await answer.text()
  assert.ok(!/<script|<link|<img|<iframe|@import|url\(|javascript:| on\w+=|style=/i.test(text))
  const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  assert.ok(answer.headers.get('content-security-policy')?.endsWith(`; style-src 'sha256-${hash}'`))
})

test('headings are in the language of the reader', async () => {
  const cases: readonly [string | null, 'en' | 'fr'][] = [
    [null, 'en'],
    ['fr', 'fr'],
    ['fr-CA,fr;q=0.9,en;q=0.8', 'fr'],
    ['en-GB,en;q=0.9,fr;q=0.8', 'en'],
    ['de, fr;q=0.5, en;q=0.4', 'fr'],
    ['*', 'en'],
    ['fr;q=0', 'en'],
    ['fr;q=x', 'en'],
  ]
  for (const [accepted, language] of cases) assert.equal(wordsFor(accepted).language, language, String(accepted))
  const french = operationsPage(document, wordsFor('fr'))
  assert.equal(french.headers.get('content-language'), 'fr')
  assert.match(await french.text(), /<html lang="fr">[\s\S]*<h4>Paramètres<\/h4>/)
})

test('what is put into a page is text', () => {
  assert.equal(
    html`<p title="${'"\'<&>'}">${html`<b>${1}</b>`}${undefined}</p>`.html,
    '<p title="&#34;&#39;&#60;&#38;&#62;"><b>1</b></p>',
  )
})
