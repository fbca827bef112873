import { createHash } from 'node:crypto'
import { securityHeaders } from '../security-headers.ts'
import { type Html, html } from './html.ts'
import type { PageWords } from './page-words.ts'

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
section { border-top: 1px solid #8888; margin-top: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #8884; }
:target { background: #fd05; }
nav li { display: inline-block; margin-right: 1rem; }
`

const styleHash = createHash('sha256').update(style).digest('base64')

/** A whole page: no script, and nothing from elsewhere. */
export function pageResponse(words: PageWords, title: string, content: Html): Response {
  const page = html`<!doctype html>
<html lang="${words.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ html: style }}</style>
</head>
<body>
${content}
</body>
</html>
`
  return new Response(page.html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-language': words.language,
      'vary': 'accept-language',
      'cache-control': 'no-cache',
      'content-security-policy': `${securityHeaders['content-security-policy']}; style-src 'sha256-${styleHash}'`,
    },
  })
}
