import { resolve } from 'node:path'

const folder = resolve(import.meta.dirname, '../../fixtures/tls')

/** A self-signed certificate for 127.0.0.1 and localhost, and its key: public, hence good for nothing but tests. */
export const loopbackCertificate = { certFile: `${folder}/loopback.crt`, keyFile: `${folder}/loopback.key` } as const
