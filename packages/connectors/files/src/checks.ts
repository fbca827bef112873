import { access, constants, lstat } from 'node:fs/promises'
import type { Finding } from '@coffre/connector'
import { type ByteString, bytesOf, throwIfAborted } from '@coffre/foundation'
import type { FilesConfig } from './config.ts'

/** Whether each path is there and can be read by this process. What lies deeper shows in the backup itself. */
export async function checkPaths({ paths }: FilesConfig, signal: AbortSignal): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const path of paths) {
    throwIfAborted(signal)
    const finding = await checkPath(path)
    if (finding !== undefined) findings.push(finding)
  }
  return findings
}

async function checkPath(path: ByteString): Promise<Finding | undefined> {
  const shown = bytesOf(path).toString('utf8')
  try {
    const status = await lstat(bytesOf(path))
    if (!status.isDirectory() && !status.isFile() && !status.isSymbolicLink()) {
      return { severity: 'warning', code: 'files.special', message: `${shown} is neither a folder nor a file` }
    }
    await access(bytesOf(path), status.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK)
    return undefined
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { severity: 'error', code: 'files.missing', message: `${shown} is not there`, remedy: `ls -ld '${shown}'` }
    }
    if (code === 'EACCES' || code === 'EPERM') {
      const message = `${shown} cannot be read by the account that Coffre runs as`
      return { severity: 'error', code: 'files.unreadable', message, remedy: `setfacl -m u:coffre:rX '${shown}'` }
    }
    return { severity: 'error', code: 'files.failed', message: `${shown} cannot be looked at: ${code}` }
  }
}
