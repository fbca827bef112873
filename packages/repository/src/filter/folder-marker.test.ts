import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cacheFolderMarker, FolderMarker } from './folder-marker.ts'

function newMarker(spec: string, files: Readonly<Record<string, string | Error>>) {
  const warnings: string[] = []
  const asked: string[] = []
  const lookup = {
    exists(path: string): boolean {
      asked.push(path)
      return path in files
    },
    readStart(path: string, length: number): Uint8Array {
      const content = files[path]
      if (content instanceof Error) throw content
      return Buffer.from(content ?? '').subarray(0, length)
    },
  }
  return { marker: new FolderMarker(spec, lookup, (message) => warnings.push(message)), warnings, asked }
}

test('all in a marked folder is excluded but the marker', () => {
  const { marker, asked } = newMarker('.nobackup', { '/a/.nobackup': '', '/.nobackup/.nobackup': '' })
  assert.deepEqual(
    ['/a', '/a/x', '/a/y', '/a/.nobackup', '/a/sub/x', '/.nobackup'].map((path) => marker.excludes(path)),
    [false, true, true, false, false, false],
  )
  assert.deepEqual(asked, ['/.nobackup', '/a/.nobackup', '/a/sub/.nobackup'])
})

test('a header has to be there', () => {
  const signature = cacheFolderMarker.slice(cacheFolderMarker.indexOf(':') + 1)
  const { marker, warnings } = newMarker(cacheFolderMarker, {
    '/a/CACHEDIR.TAG': `${signature}\n# more`,
    '/b/CACHEDIR.TAG': 'Signature: other',
    '/c/CACHEDIR.TAG': '',
    '/d/CACHEDIR.TAG': new Error('EACCES'),
  })
  assert.deepEqual(
    ['/a/x', '/b/x', '/b/y', '/c/x', '/d/x', '/e/x'].map((path) => marker.excludes(path)),
    [true, false, false, false, false, false],
  )
  assert.equal(warnings.length, 3)
  assert.match(warnings[2] ?? '', /EACCES/)
})

test('few folders are remembered, the latest ones', () => {
  const { marker, asked } = newMarker('m', {})
  for (let i = 0; i < 200; i++) {
    marker.excludes(`/${i}/x`)
    marker.excludes('/x')
  }
  assert.equal(asked.length, 201)
  marker.excludes('/0/x')
  assert.equal(asked.length, 202)
})

test('a marker needs a name', () => {
  for (const spec of ['', ':header']) assert.throws(() => newMarker(spec, {}), { code: 'usage.invalid' })
})
