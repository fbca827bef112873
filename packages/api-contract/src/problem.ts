import { z } from 'zod'

/** What is wrong with one part of a request. */
const inputIssueSchema = z.object({ at: z.string().describe('a JSON pointer into the request'), message: z.string() })
export type InputIssue = z.output<typeof inputIssueSchema>

/** An error as the API tells it: RFC 9457, with Coffre's stable code and a hint of what to do. */
export const problemSchema = z
  .object({
    type: z.string().describe('the address of the documentation of this code'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('stable; scripts may depend on it'),
    detail: z.string().describe('a sentence with the values that matter'),
    hint: z.string().optional().describe('what can be done'),
    requestId: z.string(),
    errors: z.array(inputIssueSchema).optional().describe('what is wrong with each part of the request'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.output<typeof problemSchema>

/** Codes that any operation may answer with. */
export const commonProblems = ['request.too-large', 'request.invalid', 'request.rate', 'internal', 'catalogue.unavailable'] as const

/** Codes of operations that ask who is there. */
export const signInProblems = ['auth.required', 'auth.expired', 'auth.address', 'auth.forbidden'] as const

/** Codes of operations that take a body. */
export const bodyProblems = ['request.malformed', 'request.media-type'] as const

/** Codes of operations that change something: see the header Idempotency-Key. */
export const repeatProblems = ['request.repeated', 'request.in-progress'] as const
