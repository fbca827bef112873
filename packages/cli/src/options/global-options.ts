import { choice, commaTexts, count, flag, parseWholeNumber, text, texts, type Values, value } from './option.ts'
import { parseDurationMs } from './quantities.ts'

/** What every command takes, before its name or after it. */
export const baseOptions = {
  json: flag('json'),
  quiet: flag('quiet', { short: 'q' }),
  verbose: count('verbose', { short: 'v' }),
  help: flag('help', { short: 'h' }),
} as const

export type BaseValues = Values<typeof baseOptions>

/** What every command on a repository takes. */
export const globalOptions = {
  repo: text('repo', 'location', { short: 'r' }),
  repositoryFile: text('repository-file', 'file'),
  passwordFile: text('password-file', 'file', { short: 'p' }),
  passwordCommand: text('password-command', 'command'),
  keyHint: text('key-hint', 'key'),
  insecureNoPassword: flag('insecure-no-password'),
  credentials: text('credentials', 'file|profile'),
  json: baseOptions.json,
  quiet: baseOptions.quiet,
  verbose: baseOptions.verbose,
  noLock: flag('no-lock'),
  retryLock: value('retry-lock', 'duration', parseDurationMs),
  limitUpload: value('limit-upload', 'rate', parseWholeNumber),
  limitDownload: value('limit-download', 'rate', parseWholeNumber),
  compression: choice('compression', ['auto', 'off', 'max', 'fastest', 'better']),
  packSize: value('pack-size', 'size', parseWholeNumber),
  noExtraVerify: flag('no-extra-verify'),
  cacert: commaTexts('cacert', 'file'),
  insecureTls: flag('insecure-tls'),
  stuckRequestTimeout: value('stuck-request-timeout', 'duration', parseDurationMs),
  option: texts('option', 'key=value', { short: 'o' }),
  help: baseOptions.help,
  // Coffre keeps no cache on disk; scripts written for restic may go on saying how they want it.
  cacheDir: text('cache-dir', 'directory', { hidden: true }),
  noCache: flag('no-cache', { hidden: true }),
  cleanupCache: flag('cleanup-cache', { hidden: true }),
} as const

export type GlobalValues = Values<typeof globalOptions>

export const globalOptionsOf = { server: baseOptions, repo: globalOptions } as const
