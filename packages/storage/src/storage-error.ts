import assert from 'node:assert'
import { CoffreError } from '@coffre/foundation'
import type { ByteRange, FileHandle } from './backend.ts'
import { pathOf } from './layout.ts'

export function fileMissing(file: FileHandle, location: string, cause?: unknown): CoffreError {
  return new CoffreError('storage.missing', `${pathOf(file)} is not in ${location}`, {
    hint: 'Was it removed by another program, or is the location the wrong one?',
    cause,
  })
}

export function fileExists(file: FileHandle, location: string, cause?: unknown): CoffreError {
  return new CoffreError('storage.exists', `${pathOf(file)} is in ${location} already`, { cause })
}

export function fileTruncated(file: FileHandle, location: string, range: ByteRange | undefined, foundBytes: number): CoffreError {
  const wanted = range === undefined ? 'its whole length' : `${range.length} bytes at offset ${range.offset}`
  return new CoffreError(
    'storage.truncated',
    `${pathOf(file)} in ${location} ends too early: wanted ${wanted}, found ${foundBytes} bytes`,
    {
      hint: 'Run a check of the repository; the storage may have lost the end of this file.',
    },
  )
}

export function lockUnsupported(location: string): CoffreError {
  return new CoffreError('storage.unsupported', `${location} cannot keep files under a retention`, {
    hint: 'Object lock must be switched on when a bucket is made, and the credentials must be allowed to read its object lock configuration.',
  })
}

/** The place for `length` bytes: the start of `target`, or a new array. */
export function targetFor(length: number, target: Uint8Array | undefined): Uint8Array {
  if (target === undefined) return new Uint8Array(length)
  assert(target.byteLength >= length, `a target of ${target.byteLength} bytes cannot take ${length} bytes`)
  return target.subarray(0, length)
}
