import { CoffreError } from '@coffre/foundation'

export interface LocalLocation {
  readonly kind: 'local'
  readonly path: string
}

export interface S3Location {
  readonly kind: 's3'
  /** Host and, where it is not the usual one, port. */
  readonly host: string
  readonly tls: boolean
  readonly bucket: string
  /** Without slashes around it; '' for the whole bucket. */
  readonly prefix: string
}

export type Location = LocalLocation | S3Location

const supported =
  'Supported are a path, local:PATH, s3:HOST/BUCKET/PREFIX, s3:https://HOST:PORT/BUCKET/PREFIX and s3:http://HOST:PORT/BUCKET/PREFIX.'

/** What restic also calls a location, and this cannot open. */
const otherSchemes = ['sftp', 'rest', 'rclone', 'azure', 'b2', 'gs', 'swift', 'http', 'https', 'file']

/** Reads a location as restic writes it. Secrets in it are refused: locations appear in logs and process lists. */
export function parseLocation(text: string): Location {
  if (text === '') throw new CoffreError('usage.invalid', 'the location is empty', { hint: supported })
  const scheme = /^([a-z][a-z0-9]*):/.exec(text)?.[1]
  if (scheme === 's3') return parseS3(text.slice(3))
  if (scheme === 'local') return parseLocal(text.slice(6))
  if (scheme !== undefined && (otherSchemes.includes(scheme) || text.startsWith(`${scheme}://`))) {
    throw new CoffreError('usage.invalid', `locations of the kind ${scheme}: are not supported`, { hint: supported })
  }
  return parseLocal(text)
}

/** The location as a person would write it. */
export function formatLocation(location: Location): string {
  if (location.kind === 'local') return location.path
  const prefix = location.prefix === '' ? '' : `/${location.prefix}`
  return `s3:${location.tls ? 'https' : 'http'}://${location.host}/${location.bucket}${prefix}`
}

function parseLocal(path: string): LocalLocation {
  if (path === '') throw new CoffreError('usage.invalid', 'the path of the location is empty', { hint: supported })
  return { kind: 'local', path }
}

function parseS3(text: string): S3Location {
  const tls = !text.startsWith('http://')
  const rest = text.replace(/^(https?:)?\/\//, '')
  if (rest.includes('@')) {
    throw new CoffreError('usage.invalid', 'a location must not carry credentials', {
      hint: 'Give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile.',
    })
  }
  if (/[?#]/.test(rest)) throw new CoffreError('usage.invalid', `s3:${text} has a query or fragment`, { hint: supported })
  const [host = '', bucket = '', ...prefix] = rest.split('/')
  const base = URL.parse(`${tls ? 'https' : 'http'}://${host}`)
  if (host === '' || base === null || base.host === '') {
    throw new CoffreError('usage.invalid', `s3:${text} has no valid host`, { hint: supported })
  }
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new CoffreError('usage.invalid', `s3:${text} has no valid bucket name after the host`, {
      hint: `Bucket names have 3 to 63 lower-case letters, digits, dots and hyphens. ${supported}`,
    })
  }
  return { kind: 's3', host: base.host, tls, bucket, prefix: prefix.filter((part) => part !== '').join('/') }
}
