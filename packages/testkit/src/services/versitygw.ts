import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, PutBucketPolicyCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3'
import { systemContext } from '@coffre/foundation'
import { parseLocation, type S3Credentials, type S3Location } from '@coffre/storage'
import { findTool } from './find-tool.ts'
import { freePort } from './free-port.ts'

export interface BucketOptions {
  readonly versioning?: boolean
  /** Implies versioning. */
  readonly objectLock?: boolean
}

/** A running S3 service with versions and object lock, on loopback, with its files in a temporary folder. */
export interface Versitygw extends AsyncDisposable {
  readonly credentials: S3Credentials
  /** Such as 127.0.0.1:41231. */
  readonly host: string
  /** A raw client, with all rights unless it is a user's: for attackers, oracles and preparations. The caller destroys it. */
  client(credentials?: S3Credentials): S3Client
  /** A user without any right but those that bucket policies give it. */
  createUser(name: string): Promise<S3Credentials>
  /** Replaces the bucket's policy. Resources are given as keys below the bucket, '' for the bucket itself. */
  setPolicy(bucket: string, rights: readonly BucketRight[]): Promise<void>
  createBucket(name: string, options?: BucketOptions): Promise<void>
  location(bucket: string, prefix?: string): S3Location
}

/** What a user may do with keys that match a pattern such as `locks/*`. */
export interface BucketRight {
  readonly user: S3Credentials
  /** Such as s3:GetObject. */
  readonly actions: readonly string[]
  readonly keys: string
}

export interface VersitygwOptions {
  /** PEM files: the service then speaks https. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
}

const run = promisify(execFile)
const readyWithinMs = 20_000
const pollMs = 20

export async function startVersitygw(options: VersitygwOptions = {}): Promise<Versitygw> {
  const binary = findTool('versitygw', 'COFFRE_VERSITYGW')
  const folder = await mkdtemp(join(tmpdir(), 'coffre-versitygw-'))
  const [objects, versions, users] = [join(folder, 'objects'), join(folder, 'versions'), join(folder, 'users')]
  await Promise.all([mkdir(objects), mkdir(versions), mkdir(users)])
  const credentials = { accessKeyId: `test${randomBytes(6).toString('hex')}`, secretAccessKey: randomBytes(16).toString('hex') }
  const port = await freePort()
  const tls = options.tls === undefined ? [] : ['--cert', options.tls.certFile, '--key', options.tls.keyFile]
  const listen = ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', '--iam-dir', users, ...tls]
  const child = spawn(binary, [...listen, 'posix', '--versioning-dir', versions, objects], {
    env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const stop = async (): Promise<void> => {
    await stopChild(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await untilListening(child, port)
  } catch (error) {
    await stop()
    throw error
  }
  const endpoint = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  return {
    credentials,
    host: `127.0.0.1:${port}`,
    client: (user = credentials) => newClient(endpoint, user),
    createUser: (name) => createUser(binary, endpoint, credentials, name),
    setPolicy: (bucket, rights) => setPolicy(endpoint, credentials, bucket, rights),
    createBucket: (name, bucket = {}) => createBucket(endpoint, credentials, name, bucket),
    location: (bucket, prefix = '') => s3LocationOf(`s3:${endpoint}/${bucket}/${prefix}`),
    [Symbol.asyncDispose]: stop,
  }
}

/** The service's own certificate is not verified here: who is on the other side of loopback is known. */
function newClient(endpoint: string, credentials: S3Credentials): S3Client {
  const requestHandler = { httpsAgent: { rejectUnauthorized: false } }
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials, maxAttempts: 1, requestHandler })
}

async function createBucket(endpoint: string, credentials: S3Credentials, name: string, options: BucketOptions): Promise<void> {
  const client = newClient(endpoint, credentials)
  try {
    await client.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: options.objectLock ?? false }))
    if (options.versioning) {
      await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }))
    }
  } finally {
    client.destroy()
  }
}

/** The service's own command makes users: S3 has no request for it. */
async function createUser(binary: string, endpoint: string, root: S3Credentials, name: string): Promise<S3Credentials> {
  const user = { accessKeyId: name, secretAccessKey: randomBytes(16).toString('hex') }
  const login = ['--access', root.accessKeyId, '--secret', root.secretAccessKey, '--endpoint-url', endpoint, '--allow-insecure']
  await run(binary, ['admin', ...login, 'create-user', '--access', name, '--secret', user.secretAccessKey, '--role', 'user'])
  return user
}

async function setPolicy(endpoint: string, root: S3Credentials, bucket: string, rights: readonly BucketRight[]): Promise<void> {
  const statements = rights.map(({ user, actions, keys }) => ({
    Effect: 'Allow',
    Principal: { AWS: [user.accessKeyId] },
    Action: actions,
    Resource: `arn:aws:s3:::${bucket}${keys === '' ? '' : `/${keys}`}`,
  }))
  const client = newClient(endpoint, root)
  try {
    await client.send(
      new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) }),
    )
  } finally {
    client.destroy()
  }
}

function s3LocationOf(text: string): S3Location {
  const location = parseLocation(text)
  if (location.kind !== 's3') throw new Error(`${text} is no S3 location`)
  return location
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`versitygw ended at once: ${complaints.trim()}`)
  })
  // Whoever wins the race below, the other rejection must not go unhandled.
  ended.catch(() => undefined)
  const { clock } = systemContext
  const deadlineMs = clock.monotonicMs() + readyWithinMs
  while (!(await Promise.race([accepts(port), ended]))) {
    if (clock.monotonicMs() > deadlineMs)
      throw new Error(`versitygw does not listen after ${readyWithinMs} ms: ${complaints.trim()}`)
    await clock.sleep(pollMs, new AbortController().signal)
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
