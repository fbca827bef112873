import { errorCatalogue } from '@coffre/foundation'

/** The page docs/exit-codes.md, rendered from the error catalogue. */
export function renderExitCodePage(): string {
  const entries = Object.entries(errorCatalogue).sort(([, a], [, b]) => a.exit - b.exit)
  const rows = entries.map(([code, { exit, retry }]) => `| ${exit} | \`${code}\` | ${retryWords[retry]} |`)
  return [...introduction, ...rows, ''].join('\n')
}

const retryWords = {
  never: 'no',
  backoff: 'yes, after a pause',
  reopen: 'yes, from the start',
}

const introduction = [
  '# Exit codes',
  '',
  'The exit code of `./coffre` is 0 when everything was done. Otherwise standard error says what was not, and',
  'what can be done. Exit codes 1, 3, 10, 11, 12 and 130 mean what they mean in restic; those of Coffre begin at 20. Codes are stable:',
  'scripts may rely on them. This page is rendered from the catalogue in `packages/foundation/src/error.ts` by `npm run docs`.',
  '',
  '| exit | code | worth trying again as it is |',
  '|---|---|---|',
]
