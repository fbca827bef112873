import { CoffreError } from '@coffre/foundation'
import { RequestError } from './request-error.ts'

const bodyBytesMax = 1024 * 1024
/** Deeper documents have no use here, and exhaust the stack of whatever walks them. */
const depthMax = 64

/** `request.too-large` for a body whose declared size is over the limit, before anything else is looked at. */
export function refuseLargeBody(headers: Headers): void {
  if (Number(headers.get('content-length') ?? 0) > bodyBytesMax) throw tooLarge()
}

/** The body of a request, as bytes and as JSON has it. One that is empty stands for an object without members. */
export async function readJsonBody(request: Request): Promise<{ readonly bytes: Uint8Array; readonly value: unknown }> {
  const bytes = await readAll(request)
  if (bytes.length === 0) return { bytes, value: {} }
  refuseOtherType(request.headers.get('content-type'))
  return { bytes, value: parseJson(bytes) }
}

async function readAll(request: Request): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const parts: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const part of request.body) {
      sizeBytes += part.length
      if (sizeBytes > bodyBytesMax) throw tooLarge()
      parts.push(part)
    }
  } catch (error) {
    if (error instanceof CoffreError) throw error
    throw new CoffreError('interrupted', 'the request ended before its body did', { cause: error })
  }
  return Buffer.concat(parts)
}

function refuseOtherType(type: string | null): void {
  if (type !== null && /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type)) return
  throw new CoffreError(
    'request.media-type',
    `the body is ${type === null ? 'of no declared type' : type.slice(0, 100)}, not application/json`,
    {
      hint: 'Send JSON in UTF-8 with the header `Content-Type: application/json`.',
    },
  )
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw malformed('the body is not in UTF-8', error)
  }
  if (depthOf(text) > depthMax) throw malformed(`the body has more than ${depthMax} levels`)
  try {
    return JSON.parse(text)
  } catch (error) {
    // The parser's own message quotes the text around the mistake, and that may be a secret.
    throw malformed('the body is not JSON', error)
  }
}

/** How deep brackets go outside of strings. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let isString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isString && character === '\\') at++
    else if (character === '"') isString = !isString
    else if (!isString && (character === '[' || character === '{')) deepest = Math.max(deepest, ++depth)
    else if (!isString && (character === ']' || character === '}')) depth--
  }
  return deepest
}

function tooLarge(): RequestError {
  return new RequestError('request.too-large', `the body is larger than ${bodyBytesMax} bytes`, {
    hint: 'No operation of the API takes as much.',
    // What is still to come is not read.
    headers: { connection: 'close' },
  })
}

function malformed(message: string, cause?: unknown): CoffreError {
  return new CoffreError('request.malformed', message, { hint: 'Send one JSON value in UTF-8.', cause })
}
