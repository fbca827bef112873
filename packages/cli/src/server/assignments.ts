import type { ByteString } from '@coffre/foundation'
import { type Option, ValueError } from '../options/option.ts'

type Assignments = Readonly<Record<string, string>>

/** Given any number of times: `key=value`. */
export function assignments(name: string): Option<Assignments> {
  return {
    name,
    placeholder: 'key=value',
    initial: {},
    take: (given, before) => {
      const [key, value] = splitAssignment(given)
      if (value === undefined || key === '') throw new ValueError('key=value')
      return { ...before, [key]: value }
    },
  }
}

/** Given any number of times: `key=value`, or a word alone, which stands for itself without a value. */
export function labels(name: string): Option<Assignments> {
  return {
    name,
    placeholder: 'tag|key=value',
    initial: {},
    take: (given, before) => {
      const [key, value = ''] = splitAssignment(given)
      if (key === '') throw new ValueError('tag | key=value')
      return { ...before, [key]: value }
    },
  }
}

/** As they were given. */
export function formatLabels(tags: Assignments): string {
  return Object.entries(tags)
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`))
    .join(' ')
}

function splitAssignment(given: ByteString): [key: string, value: string | undefined] {
  const equals = given.indexOf('=')
  return equals < 0 ? [given, undefined] : [given.slice(0, equals), given.slice(equals + 1)]
}
