import { errorCatalogue } from '@coffre/foundation'
import { html } from './html.ts'
import { pageResponse } from './page-frame.ts'
import type { PageWords } from './page-words.ts'

/** Every code of a problem, at the anchor that the `type` of problems points to. */
export function problemsPage(words: PageWords): Response {
  const rows = Object.entries(errorCatalogue)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { http, retry }]) =>
        html`<tr id="${code}"><td><code>${code}</code></td><td>${http}</td><td>${words.retry[retry]}</td></tr>`,
    )
  return pageResponse(
    words,
    words.problems,
    html`<h1>${words.problems}</h1>
<p>${words.problemsIntroduction} <a href="/docs">${words.title}</a></p>
<table>
<tr><th>${words.code}</th><th>${words.status}</th><th>${words.worthRepeating}</th></tr>
${rows}
</table>`,
  )
}
