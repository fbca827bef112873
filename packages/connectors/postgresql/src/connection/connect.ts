import type { Socket } from 'node:net'
import { interruption, throwIfAborted } from '@coffre/foundation'
import pg from 'pg'
import { applicationName, formatMember, type Member, type PostgresqlConfig, type PostgresqlSecrets } from '../config.ts'
import { RecyclingSocket } from './recycling-socket.ts'
import { asSourceError } from './server-error.ts'

/** How to reach and sign in to the members of a cluster. */
export interface Access {
  readonly config: PostgresqlConfig
  readonly secrets: PostgresqlSecrets
}

/** Short enough for a capture to go on within fifteen seconds of a cut: what is sent into one is sent again ever less often. */
const connectWithinMs = 10_000

/**
 * A connection that has signed in, as `pg` made it: it does TLS and SCRAM. `replication` opens one for the replication protocol, whose
 * socket is then taken over. `source.unreachable` or `source.credentials` when it cannot.
 */
export async function connect(
  { config, secrets }: Access,
  member: Member,
  signal: AbortSignal,
  { database = config.database, replication = false, answerWithinMs = 0 } = {},
): Promise<pg.Client> {
  throwIfAborted(signal)
  const options = {
    host: member.host,
    port: member.port,
    user: config.user,
    database,
    // A function, so that a password is never looked for where we did not say.
    password: () => secrets.password ?? '',
    application_name: applicationName,
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    ...(replication ? { replication: 'true' } : {}),
    // A wire that is cut without a word would be waited for for minutes.
    ...(answerWithinMs > 0 ? { query_timeout: answerWithinMs } : {}),
  }
  const attempts = config.tls === 'prefer' ? [true, false] : [config.tls !== 'disable']
  for (const [at, isEncrypted] of attempts.entries()) {
    // With TLS it is the TLS layer that reads from the socket.
    const wire = replication && !isEncrypted ? { stream: () => new RecyclingSocket() } : {}
    const client = new pg.Client({ ...options, ...wire, ssl: isEncrypted ? tlsOptions(config, member) : false })
    // Whoever waits for an answer is told; a connection that ends while nobody waits must not end the process.
    client.on('error', () => undefined)
    const cancel = () => socketOf(client).destroy()
    signal.addEventListener('abort', cancel)
    try {
      await client.connect()
      return client
    } catch (error) {
      socketOf(client).destroy()
      if (signal.aborted) throw interruption(signal)
      if (at < attempts.length - 1 && refusesTls(error)) continue
      throw asSourceError(error, formatMember(member))
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }
  throw new Error('no way to connect was tried')
}

/** The socket below a connection of `pg`, which has no public name for it. */
export function socketOf(client: pg.Client): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream
}

function tlsOptions({ tls, tlsAuthority }: PostgresqlConfig, { host }: Member) {
  const isVerified = tls === 'verify-full'
  return {
    rejectUnauthorized: isVerified,
    ...(isVerified ? { servername: host } : {}),
    ...(tlsAuthority === undefined ? {} : { ca: tlsAuthority }),
  }
}

function refusesTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL')
}
