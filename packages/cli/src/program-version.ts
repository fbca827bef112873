import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }

/** What snapshots record about the program that made them. */
export const programVersion = `coffre ${manifest.version}`
