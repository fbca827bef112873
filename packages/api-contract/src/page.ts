import { z } from 'zod'

/** Lists come in pages: `next` of one, given as `after`, asks for the following one. Absent on the last. */
export const pageQuery = {
  after: z.string().max(500).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('items on a page'),
}

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().optional() })
}
