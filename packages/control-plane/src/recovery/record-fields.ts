import { z } from 'zod'

/** An instant in ISO 8601, as JSON has it; a Date once it is read. */
export const isoInstant = z.iso.datetime().transform((text) => new Date(text))
export const tagsSchema = z.record(z.string(), z.string())
/** What some other schema reads, or nobody but people. */
export const someObject = z.record(z.string(), z.unknown())

/** What vaults, sources and plans have in common. */
export const labelled = {
  id: z.uuid(),
  name: z.string(),
  accountLabel: z.string(),
  regionLabel: z.string(),
  createdAt: isoInstant,
}
