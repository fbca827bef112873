import { readFile } from 'node:fs/promises'
import { type ByteString, bytesOf } from '@coffre/foundation'
import type { S3Credentials } from '@coffre/storage'
import { usageError } from '../messages/command-line-error.ts'

/**
 * Credentials in a file of their own: lines like those of `~/.aws/credentials` or of a shell, `aws_access_key_id = …` or
 * `export AWS_ACCESS_KEY_ID=…`. Where the file has sections, those before the first one and in `[default]` count. Undefined when
 * there is no such file, for then the text may be the name of a profile.
 */
export async function credentialsIn(path: ByteString): Promise<S3Credentials | undefined> {
  let text: string
  try {
    text = await readFile(bytesOf(path), 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'ENOENT' && !path.includes('/')) return undefined
    throw usageError('error.unreadableFile', { path, option: '--credentials', problem: code }, 'hint.filePath')
  }
  const values = parseAssignments(text)
  const accessKeyId = values.get('aws_access_key_id')
  const secretAccessKey = values.get('aws_secret_access_key')
  const sessionToken = values.get('aws_session_token')
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw usageError('error.credentialsFile', { path }, 'hint.credentialsFile')
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

function parseAssignments(text: string): Map<string, string> {
  const values = new Map<string, string>()
  let counts = true
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]\s*$/.exec(line)?.[1]
    if (section !== undefined) counts = section === 'default'
    const [, name, value] = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (counts && name !== undefined && value !== undefined && value !== '')
      values.set(name.toLowerCase(), value.replace(/^(["'])(.*)\1$/, '$2'))
  }
  return values
}
