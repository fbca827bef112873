import { z } from 'zod'

/** An error as the API tells it: RFC 9457, with Coffre's stable code and a hint of what to do. */
export const problemSchema = z.object({
  type: z.string().describe('the address of the documentation of this code'),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('stable; scripts may depend on it'),
  detail: z.string().describe('a sentence with the values that matter'),
  hint: z.string().optional().describe('what can be done'),
  requestId: z.string(),
  errors: z
    .array(z.object({ at: z.string().describe('a JSON pointer into the request'), message: z.string() }))
    .optional()
    .describe('what is wrong with each part of the request'),
})
export type Problem = z.output<typeof problemSchema>

/** Codes that any operation may answer with. */
export const commonProblems = [
  'request.invalid',
  'request.too-large',
  'auth.required',
  'auth.expired',
  'auth.forbidden',
  'auth.address',
  'request.rate',
  'request.repeated',
  'internal',
  'catalogue.unavailable',
] as const
