import { readCursor } from './page-cursor.ts'

/** Where a page of a list begins that goes back in time: after the row with this key. */
export interface NewestFirstKey {
  readonly createdAt: Date
  readonly id: string
}

export function newestFirstKey(after: string | undefined): NewestFirstKey | undefined {
  const [createdAt, id] = readCursor(after, ['instant', 'id']) ?? []
  return createdAt === undefined || id === undefined ? undefined : { createdAt: new Date(createdAt), id }
}
