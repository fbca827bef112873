import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { OutsideFile } from '../base/base-details.ts'
import { ifMissing } from './if-missing.ts'

const names: Readonly<Record<string, string>> = {
  config_file: 'postgresql.conf',
  hba_file: 'pg_hba.conf',
  ident_file: 'pg_ident.conf',
}
/** They would lead a server on this folder to files, or to data, of the one that it was saved from. */
const leadsAway = /^\s*(?:data_directory|hba_file|ident_file|external_pid_file|include|include_dir|include_if_exists)\b/i
const fallbacks: Readonly<Record<string, string>> = {
  'postgresql.conf': '# The settings of the server lay outside its data directory and could not be read.\n',
  'pg_hba.conf':
    '# The access rules lay outside the data directory and could not be read: whoever is on this machine needs a password.\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n',
  'pg_ident.conf': '',
}

/** Writes settings and access files that lay outside the data directory into it where it has none. Says so. */
export async function writeOutsideFiles(folder: string, outside: readonly OutsideFile[]): Promise<readonly string[]> {
  const notes: string[] = []
  for (const { setting, path, content } of outside) {
    const name = names[setting]
    if (name === undefined || (await stat(join(folder, name)).catch(ifMissing(undefined))) !== undefined) continue
    const { text, left } = content === null ? { text: fallbacks[name] ?? '', left: [] } : withoutLeads(content)
    await writeFile(join(folder, name), text, { mode: 0o600 })
    notes.push(
      content === null
        ? `${path} lay outside the data directory and could not be read when it was saved: a bare ${name} was written.`
        : `${path} lay outside the data directory and was written into it as ${name}.`,
    )
    if (left.length > 0) notes.push(`In ${name}, ${left.join(', ')} was commented out: it led outside the data directory.`)
  }
  return notes
}

/** Settings in the data directory itself that would send the server to other data. */
export async function notesOnSettings(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, 'postgresql.conf'), 'utf8').catch(ifMissing(''))
  const leads = text.split('\n').filter((line) => /^\s*(?:data_directory|hba_file|ident_file)\b/i.test(line))
  return leads.map(
    (line) => `${basename(folder)}/postgresql.conf says "${line.trim()}": see that it fits before the server is started.`,
  )
}

function withoutLeads(content: string): { readonly text: string; readonly left: readonly string[] } {
  const left: string[] = []
  const lines = content.split('\n').map((line) => {
    if (!leadsAway.test(line)) return line
    left.push(line.trim().split(/[\s=]/, 1)[0] ?? line)
    return `# ${line}`
  })
  return { text: lines.join('\n'), left }
}
