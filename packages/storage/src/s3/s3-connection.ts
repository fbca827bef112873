import { readFile } from 'node:fs/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { S3Client } from '@aws-sdk/client-s3'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { FileHandle, FileType } from '../backend.ts'
import { fileAt, folders, pathOf } from '../layout.ts'
import { errnoOf } from '../local/file-system-error.ts'
import { formatLocation } from '../location.ts'
import { s3Error } from './s3-error.ts'
import type { S3Options, TlsOptions } from './s3-options.ts'

const connectTimeoutMs = 10_000
const defaultIdleTimeoutMs = 60_000
const defaultConnectionsMax = 8

/** One command, sent with these options. */
export type Ask<Answer> = (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<Answer>

/** One bucket and prefix, and the client to ask for them: what the parts of the S3 backend share. */
export class S3Connection {
  readonly location: string
  readonly bucket: string
  readonly options: S3Options
  readonly #client: S3Client
  readonly #prefix: string

  private constructor(options: S3Options, client: S3Client) {
    this.location = formatLocation(options.location)
    this.bucket = options.location.bucket
    this.options = options
    this.#client = client
    this.#prefix = options.location.prefix === '' ? '' : `${options.location.prefix}/`
  }

  static async open(options: S3Options): Promise<S3Connection> {
    return new S3Connection(options, await newClient(options))
  }

  keyOf(file: FileHandle): string {
    return `${this.#prefix}${pathOf(file)}`
  }

  /** The start of the keys of all files of the type whose names begin with `below`; packs are not listed by names. */
  prefixOf(type: FileType, below = ''): string {
    if (type === 'config') return `${this.#prefix}config`
    return `${this.#prefix}${folders[type]}/${type === 'pack' ? '' : below}`
  }

  /**
   * From where a listing of the type should go on that was cut after `lastKey`, if not from there: past all journals, which lie in
   * the folder of the state and may be many.
   */
  skipTo(type: FileType, lastKey: string | undefined): string | undefined {
    const journals = this.prefixOf('journal')
    return type === 'state' && lastKey?.startsWith(journals) ? `${journals}~` : undefined
  }

  fileAt(type: FileType, key: string | undefined): FileHandle | undefined {
    return key?.startsWith(this.#prefix) ? fileAt(type, key.slice(this.#prefix.length)) : undefined
  }

  /** Sends one request, once. `doing` completes "cannot …" in the error. */
  async request<Answer>(doing: string, signal: AbortSignal, ask: Ask<Answer>): Promise<Answer> {
    throwIfAborted(signal)
    try {
      return await ask(this.#client, { abortSignal: signal })
    } catch (error) {
      throwIfAborted(signal)
      throw s3Error(error, doing)
    }
  }

  close(): void {
    this.#client.destroy()
  }
}

/** The region that an AWS host name stands for: '' for the host of no region, undefined for hosts that are not AWS. */
export function awsRegionOf(host: string): string | undefined {
  const match = /^s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com$/.exec(host)
  return match === null ? undefined : (match[1] ?? '')
}

/** The headers of a request or an answer on its way through the SDK, which leaves their type open. */
export function headersOf(message: unknown): Record<string, string> {
  if (typeof message !== 'object' || message === null || !('headers' in message)) return {}
  return message.headers as Record<string, string>
}

function silent(): void {}

async function newClient(options: S3Options): Promise<S3Client> {
  const { host, tls } = options.location
  const hostRegion = awsRegionOf(host)
  const connection = { keepAlive: true, maxSockets: options.connectionsMax ?? defaultConnectionsMax }
  const client = new S3Client({
    region: options.region ?? (hostRegion || 'us-east-1'),
    ...(hostRegion === undefined ? { endpoint: `${tls ? 'https' : 'http'}://${host}` } : { followRegionRedirects: true, tls }),
    forcePathStyle: options.bucketStyle === undefined ? hostRegion === undefined : options.bucketStyle === 'path',
    credentials: options.credentials,
    maxAttempts: 1,
    // The SDK would write to the console otherwise.
    logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    // Everything read is checked by its hash or its MAC; a second sum would only cost time.
    responseChecksumValidation: 'WHEN_REQUIRED',
    systemClockOffset: options.clockOffsetMs ?? 0,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: connectTimeoutMs,
      socketTimeout: options.idleTimeoutMs ?? defaultIdleTimeoutMs,
      httpAgent: new HttpAgent(connection),
      httpsAgent: new HttpsAgent({ ...connection, ...(await agentOptions(options.tls ?? {})) }),
    }),
  })
  signKnownPayloads(client)
  return client
}

/**
 * Gives the SHA-256 that a request carries as its checksum to the signature too (Signature Version 4, "x-amz-content-sha256"), which
 * the SDK would compute again, or leave out for streams.
 */
function signKnownPayloads(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const headers = headersOf(args.request)
      const sum = headers['x-amz-checksum-sha256']
      if (sum !== undefined) headers['x-amz-content-sha256'] = Buffer.from(sum, 'base64').toString('hex')
      return next(args)
    },
    { step: 'build', name: 'coffreSignKnownPayloads' },
  )
}

async function agentOptions(
  tls: TlsOptions,
): Promise<{ ca?: Buffer; rejectUnauthorized: boolean; minVersion: 'TLSv1.2' | 'TLSv1.3' }> {
  const ca = tls.caFile === undefined ? {} : { ca: await readCertificates(tls.caFile) }
  return { ...ca, rejectUnauthorized: !(tls.skipVerify ?? false), minVersion: tls.minVersion ?? 'TLSv1.2' }
}

async function readCertificates(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new CoffreError('usage.invalid', `cannot read the certificates in ${path} (${errnoOf(error)})`, {
      hint: 'Give a PEM file that this user may read.',
      cause: error,
    })
  }
}
