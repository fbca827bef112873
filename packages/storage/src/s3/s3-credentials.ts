import { CoffreError } from '@coffre/foundation'
import type { S3CredentialProvider, S3Credentials } from './s3-options.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Credentials the way the AWS tools find them: a profile that was asked for, else the AWS_* variables of `env`, else everything
 * the SDK knows (profiles and SSO in the shared files, web identity, container and instance roles). The SDK is loaded on first use,
 * and only for the last two ways; for these it reads the process's own environment as well.
 */
export function s3CredentialsFrom(env: Environment, profile?: string): S3CredentialProvider {
  const direct = profile === undefined ? directCredentials(env) : undefined
  if (direct !== undefined) return async () => direct
  let provider: S3CredentialProvider | undefined
  return async () => {
    provider ??= await sdkProvider(env, profile)
    try {
      return await provider()
    } catch (error) {
      const from = profile === undefined ? 'for the S3 storage' : `in the profile ${profile}`
      throw new CoffreError('storage.credentials', `no credentials were found ${from}`, {
        hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws/credentials.',
        cause: error,
      })
    }
  }
}

async function sdkProvider(env: Environment, profile: string | undefined): Promise<S3CredentialProvider> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node')
  const chosen = profile ?? env['AWS_PROFILE']
  return defaultProvider({
    ...(chosen === undefined ? {} : { profile: chosen }),
    ...(env['AWS_SHARED_CREDENTIALS_FILE'] === undefined ? {} : { filepath: env['AWS_SHARED_CREDENTIALS_FILE'] }),
    ...(env['AWS_CONFIG_FILE'] === undefined ? {} : { configFilepath: env['AWS_CONFIG_FILE'] }),
  })
}

function directCredentials(env: Environment): S3Credentials | undefined {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? ''
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? ''
  const sessionToken = env['AWS_SESSION_TOKEN'] ?? ''
  if (accessKeyId === '' && secretAccessKey === '') return undefined
  if (accessKeyId === '' || secretAccessKey === '') {
    const absent = accessKeyId === '' ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY'
    throw new CoffreError('storage.credentials', `${absent} is not set, but its counterpart is`, {
      hint: 'Set both, or neither and use a profile.',
    })
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken === '' ? {} : { sessionToken }) }
}
