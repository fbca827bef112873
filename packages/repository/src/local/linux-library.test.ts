import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import koffi from 'koffi'
import { openLinuxLibrary } from './linux-library.ts'

test('the errno of a failed call stays what it was when other calls of the thread set theirs', () => {
  const library = openLinuxLibrary()
  assert.equal(library.close(-1), -1)
  koffi.errno(constants.errno.EAGAIN)
  assert.equal(library.errno(), constants.errno.EBADF)
})
