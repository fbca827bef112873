import { writeSync } from 'node:fs'
import { isCoffreError } from '@coffre/foundation'
import type { ExtractJob, ExtractResult, Failure } from './jobs.ts'
import type { KernelParts } from './kernel-parts.ts'
import type { OpenedPiece } from './open-piece.ts'

/** Writes the job's blobs to their files. A damaged blob or a file that cannot be written is reported and spoils nothing else. */
export function extract(job: ExtractJob, parts: KernelParts): ExtractResult {
  const source = parts.primitives.pin(job.memory)
  const damaged: [number, string][] = []
  const failures: [number, Failure][] = []
  let writtenBytes = 0
  job.pieces.forEach((piece, at) => {
    const opened = parts.opener.open(source, piece)
    if (typeof opened === 'string') {
      damaged.push([at, opened])
      return
    }
    const skip = job.sparse && isZero(opened)
    for (const target of job.targets[at] ?? []) {
      try {
        writeTo(job, target.path, target.offset, opened, skip, parts)
        writtenBytes += opened.length
      } catch (error) {
        failures.push([target.path, writeFailure(error)])
      }
    }
  })
  return { writtenBytes, damaged, failures }
}

function writeTo(job: ExtractJob, path: number, offset: number, piece: OpenedPiece, skip: boolean, parts: KernelParts): void {
  const creates = job.creates[path] ?? false
  const descriptor = parts.files.openForWrite(job.paths[path] ?? '', creates)
  try {
    if (skip) return
    for (let done = 0; done < piece.length; ) {
      done += writeSync(descriptor, piece.region.bytes, piece.offset + done, piece.length - done, offset + done)
    }
  } finally {
    parts.files.close(descriptor)
  }
}

function isZero(piece: OpenedPiece): boolean {
  const { bytes } = piece.region
  const { offset, length } = piece
  if (length === 0 || bytes[offset] !== 0) return false
  return length === 1 || bytes.compare(bytes, offset, offset + length - 1, offset + 1, offset + length) === 0
}

function writeFailure(error: unknown): Failure {
  if (isCoffreError(error)) return { code: error.code, message: error.message }
  if (error instanceof Error && 'code' in error) return { code: String(error.code), message: error.message }
  throw error
}
