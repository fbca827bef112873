import { readSync } from 'node:fs'
import type { CompareJob, CompareResult, Failure } from './jobs.ts'
import type { KernelParts } from './kernel-parts.ts'

/** Reads parts of files and says which of them have the content that their ids name. */
export function compareParts(job: CompareJob, parts: KernelParts): CompareResult {
  const scratch = parts.primitives.allocate(Math.max(0, ...job.parts.map((part) => part.length)) + 32)
  const matches: boolean[] = []
  const failures: [number, Failure][] = []
  let opened: { path: number; descriptor: number } | undefined
  try {
    for (const part of job.parts) {
      if (opened?.path !== part.path) {
        if (opened !== undefined && opened.descriptor >= 0) parts.files.close(opened.descriptor)
        opened = { path: part.path, descriptor: openOrReport(job.paths[part.path] ?? '', part.path, parts, failures) }
      }
      const got = opened.descriptor < 0 ? -1 : readFully(opened.descriptor, scratch.bytes, part.length, part.offset)
      if (got === part.length) parts.primitives.sha256(scratch, 0, part.length, scratch, part.length)
      matches.push(got === part.length && scratch.bytes.toString('hex', part.length, part.length + 32) === part.id)
    }
  } finally {
    if (opened !== undefined && opened.descriptor >= 0) parts.files.close(opened.descriptor)
  }
  return { matches, failures }
}

function openOrReport(path: string, number: number, parts: KernelParts, failures: [number, Failure][]): number {
  try {
    return parts.files.openForRead(path)
  } catch (error) {
    failures.push([number, { code: 'unreadable', message: error instanceof Error ? error.message : String(error) }])
    return -1
  }
}

function readFully(descriptor: number, target: Buffer, length: number, position: number): number {
  let done = 0
  while (done < length) {
    const got = readSync(descriptor, target, done, length - done, position + done)
    if (got === 0) break
    done += got
  }
  return done
}
