import type { LocalFiles } from '@coffre/repository'

const mutations = [
  'makeDirectory',
  'makeSymlink',
  'makeHardLink',
  'makeFifo',
  'makeDevice',
  'makeSocket',
  'setPermissions',
  'setOwner',
  'setTimes',
  'setExtendedAttribute',
  'removeExtendedAttribute',
  'rename',
  'removeFile',
  'removeDirectory',
  'openForWrite',
  'setPermissionsOf',
  'setOwnerOf',
  'setTimesOf',
] as const satisfies readonly (keyof LocalFiles)[]

export interface StoppingFiles {
  readonly files: LocalFiles
  /** Operations that change something, so far. */
  readonly count: () => number
}

/** The same files, with `before` called for each operation that changes something, by number from 0; what it throws happens instead. */
export function stoppingFiles(inner: LocalFiles, before: (operation: number, path: string) => void): StoppingFiles {
  let operations = 0
  const files: Record<string, unknown> = {}
  for (const name of mutations) {
    files[name] = (...args: readonly unknown[]): unknown => {
      before(operations++, String(args[0]))
      return Reflect.apply(inner[name], inner, args)
    }
  }
  const proxy = new Proxy(inner, {
    get(target, property) {
      if (typeof property === 'string' && property in files) return files[property]
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { files: proxy, count: () => operations }
}
