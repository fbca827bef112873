import type { Member } from '../config.ts'
import type { Access } from '../connection/connect.ts'
import type { ServerLogin } from '../programs/client-program.ts'

/** How PostgreSQL's programs sign in to a member. */
export function serverLogin({ config, secrets }: Access, { host, port }: Member): ServerLogin {
  const { user, tls, tlsAuthority } = config
  return {
    host,
    port,
    user,
    tls,
    ...(secrets.password === undefined ? {} : { password: secrets.password }),
    ...(tlsAuthority === undefined ? {} : { tlsAuthority }),
  }
}
