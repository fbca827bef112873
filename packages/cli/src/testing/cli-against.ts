import { type CliEnd, type CliOptions, runCli } from './run-cli.ts'

/** Runs one command against the server at `host`, with a key. */
export function cliAgainst(host: string, args: readonly string[], options: CliOptions = {}): Promise<CliEnd> {
  const environment = { COFFRE_URL: `http://${host}`, COFFRE_TOKEN: 'key', ...options.environment }
  return runCli(args, { ...options, environment })
}
