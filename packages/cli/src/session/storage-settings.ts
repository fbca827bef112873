import type { ByteString } from '@coffre/foundation'
import { type OpenOptions, type S3CredentialProvider, s3CredentialsFrom } from '@coffre/storage'
import { usageError } from '../messages/command-line-error.ts'
import type { GlobalValues } from '../options/global-options.ts'
import { type Surroundings, variable } from '../surroundings.ts'
import { credentialsIn } from './credentials-file.ts'

/** restic's name for each extended option that is known here. */
const extendedOptions = ['s3.region', 's3.bucket-lookup', 's3.connections', 'local.connections'] as const

/** How the storage is reached: what the options and the environment say about S3, and limits. */
export async function storageSettings(
  globals: GlobalValues,
  credentials: ByteString | undefined,
  surroundings: Surroundings,
): Promise<OpenOptions> {
  const extended = parseExtended(globals.option)
  const provider = await credentialProvider(credentials, surroundings)
  const region = extended.get('s3.region') ?? variable(surroundings.environment, 'AWS_REGION', 'AWS_DEFAULT_REGION')
  const lookup = extended.get('s3.bucket-lookup') ?? 'auto'
  if (!['auto', 'dns', 'path'].includes(lookup)) throw extendedError(`s3.bucket-lookup=${lookup}`)
  const connections = Number(extended.get('s3.connections') ?? 0)
  if (!Number.isSafeInteger(connections) || connections < 0) throw extendedError(`s3.connections=${extended.get('s3.connections')}`)
  return {
    s3: () => ({
      credentials: provider,
      tls: tlsOptions(globals, surroundings),
      ...(region === undefined ? {} : { region }),
      ...(lookup === 'auto' ? {} : { bucketStyle: lookup === 'dns' ? ('host' as const) : ('path' as const) }),
      ...(connections === 0 ? {} : { connectionsMax: connections }),
      ...(globals.stuckRequestTimeout === undefined ? {} : { idleTimeoutMs: globals.stuckRequestTimeout }),
    }),
    ...(globals.limitUpload === undefined ? {} : { uploadKibPerSecondMax: globals.limitUpload }),
    ...(globals.limitDownload === undefined ? {} : { downloadKibPerSecondMax: globals.limitDownload }),
  }
}

/** A file with credentials, or the name of a profile; without either, what the AWS tools would find. */
async function credentialProvider(given: ByteString | undefined, { environment }: Surroundings): Promise<S3CredentialProvider> {
  if (given === undefined) {
    // Asked for only when a bucket is opened, so that half a pair of variables does not disturb a local repository.
    let provider: S3CredentialProvider | undefined
    return () => {
      provider ??= s3CredentialsFrom(environment)
      return provider()
    }
  }
  const fromFile = await credentialsIn(given)
  return fromFile === undefined ? s3CredentialsFrom(environment, given) : async () => fromFile
}

function tlsOptions(globals: GlobalValues, { environment }: Surroundings) {
  const [caFile, ...others] =
    globals.cacert.length > 0 ? globals.cacert : (variable(environment, 'COFFRE_CACERT', 'RESTIC_CACERT')?.split(',') ?? [])
  if (others.length > 0) throw usageError('error.onlyOnce', { option: '--cacert' })
  return { ...(caFile === undefined ? {} : { caFile }), ...(globals.insecureTls ? { skipVerify: true } : {}) }
}

function parseExtended(given: readonly string[]): Map<string, string> {
  const extended = new Map<string, string>()
  for (const option of given) {
    const equals = option.indexOf('=')
    const name = equals < 0 ? option : option.slice(0, equals)
    if (!extendedOptions.some((known) => known === name)) throw extendedError(option)
    extended.set(name, equals < 0 ? '' : option.slice(equals + 1))
  }
  return extended
}

function extendedError(option: string): Error {
  return usageError('error.extendedOption', { option }, 'hint.extendedOptions', {
    known: 's3.region, s3.bucket-lookup=auto|dns|path, s3.connections',
  })
}
