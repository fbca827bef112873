import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { getCACertificates } from 'node:tls'
import { CoffreError, interruption } from '@coffre/foundation'
import type { TlsMode } from '../config.ts'
import type { EngineAccount } from '../restore/engine-account.ts'
import { programEnvironment } from './program-environment.ts'

/** A server as a program of PostgreSQL signs in to it. */
export interface ServerLogin {
  /** A name, an address, or the folder of a socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string
  readonly tls: TlsMode
  readonly tlsAuthority?: string
}

/** A program of PostgreSQL that runs: pg_dump, pg_restore, psql. */
export interface ClientProgram {
  readonly stdin: Writable
  /** To be read to its end, or the program waits. */
  readonly stdout: Readable
  /** Ends with it: `engine.failed` with what it said last when that is a failure, `interrupted` once `signal` was aborted. */
  readonly ended: Promise<void>
}

const saidBytesMax = 4096

/**
 * Starts a program against a server. A password is in its environment, never among its arguments; the program sees nothing else of our
 * environment, and asks nobody. When `signal` is aborted it is ended.
 */
export async function startClientProgram(
  folder: string,
  program: string,
  args: readonly string[],
  login: ServerLogin,
  account: EngineAccount | undefined,
  signal: AbortSignal,
): Promise<ClientProgram> {
  const own = await mkdtemp(join(tmpdir(), 'coffre-login-'))
  try {
    const env = await loginEnvironment(own, folder, login, account)
    const owner = account === undefined ? {} : { uid: account.uid, gid: account.gid }
    const child = spawn(join(folder, program), [...args], { cwd: '/', env, stdio: 'pipe', ...owner })
    // Whoever writes to a program that has ended is told by `ended`.
    child.stdin.on('error', () => undefined)
    const said = lastOf(child.stderr)
    const stop = (): void => {
      child.kill('SIGTERM')
      // A reader that waits for more is told at once.
      child.stdout.destroy()
      child.stdin.destroy()
    }
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    const ended = outcomeOf(child)
      .then((code) => {
        if (signal.aborted) throw interruption(signal)
        if (code !== 0) throw failure(program, code, said())
      })
      .finally(() => {
        signal.removeEventListener('abort', stop)
        return rm(own, { recursive: true, force: true })
      })
    ended.catch(() => undefined)
    return { stdin: child.stdin, stdout: child.stdout, ended }
  } catch (error) {
    await rm(own, { recursive: true, force: true })
    throw error
  }
}

/** The exit code, or the signal, once the program has ended and said all. One that cannot be started has ended, too. */
async function outcomeOf(child: ChildProcess): Promise<number | string> {
  try {
    const [code, killed]: (number | string | null)[] = await once(child, 'close')
    return code ?? `signal ${killed}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function loginEnvironment(
  own: string,
  folder: string,
  login: ServerLogin,
  account: EngineAccount | undefined,
): Promise<Record<string, string>> {
  const { host, port, user, password, tls, tlsAuthority } = login
  const authority = join(own, 'authority.pem')
  const trusted = tlsAuthority ?? (tls === 'verify-full' ? systemAuthorities() : undefined)
  if (trusted !== undefined) {
    await writeFile(authority, trusted)
    await chmod(own, account === undefined ? 0o700 : 0o755)
  }
  return {
    ...programEnvironment(folder),
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGSSLMODE: tls,
    PGCONNECT_TIMEOUT: '15',
    PGAPPNAME: 'coffre',
    // Neither the files of whoever runs us nor a prompt decide as whom we sign in.
    PGPASSFILE: '/dev/null',
    PGSERVICEFILE: '/dev/null',
    ...(password === undefined ? {} : { PGPASSWORD: password }),
    ...(trusted === undefined ? {} : { PGSSLROOTCERT: authority }),
  }
}

/** Those that our own connections trust. Without a file PostgreSQL's programs look for one of whoever runs them. */
function systemAuthorities(): string {
  return getCACertificates('default').join('\n')
}

function lastOf(stream: Readable): () => string {
  let last = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    last = (last + text).slice(-saidBytesMax)
  })
  return () => last.trim().split('\n').slice(-6).join(' | ')
}

function failure(program: string, code: number | string, said: string): CoffreError {
  return new CoffreError('engine.failed', `${program} ended with ${code}; it said last: ${said}`, {
    hint: "What it complains of are PostgreSQL's own words. Mend it and do the same again.",
  })
}
