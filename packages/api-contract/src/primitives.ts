import { z } from 'zod'

export const idSchema = z.uuid()
/** Names of vaults, sources and plans: they appear in commands, folders and tags. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,61}$/)
  .describe('a letter or digit, then up to 61 letters, digits, dots, dashes or underscores')
/** An id, or a name that is unique in the project. */
export const idOrNameSchema = z.string().min(1).max(64)
export const instantSchema = z.iso.datetime({ offset: true })
export const tagsSchema = z.record(z.string().min(1).max(128), z.string().max(256))
export const nothing = z.object({})
