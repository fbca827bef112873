import { type ByteString, byteStringFrom } from '@coffre/foundation'

/** Names that have broken programs: bytes that are not UTF-8, what JSON and Go escape, what shells and JavaScript treat specially. */
export const awkwardNames: readonly ByteString[] = [
  ...['ff', 'c3a9ff62', 'eda080edb080', 'f09f98', '80', 'c0af'].map((hex) => byteStringFrom(Buffer.from(hex, 'hex'))),
  ...[
    '"quoted"',
    "it's",
    'back\\slash',
    'line\nfeed',
    'carriage\rreturn',
    'tab\t',
    '\x01\x1f\x7f',
    ' ',
    ' leading',
    'trailing ',
    '...',
    '-rf',
    '~',
  ],
  ...[
    '<html>&amp;',
    'sep\u2028\u2029',
    'emoji 😀👩‍👩‍👧',
    '日本語',
    'éèà',
    'e\u0301',
    '\ufeffbom',
    '\ufffd',
    '\u0085',
    '\u{10ffff}',
  ],
  ...['*', '?', '[a]', '$HOME', '%s', '__proto__', 'constructor', 'toString', '0', 'con', 'a:b', '#', '.hidden'],
  ...['n'.repeat(255), `${'é'.repeat(127)}x`, `${'😀'.repeat(63)}abc`],
]

export const linkTargets: readonly ByteString[] = [
  ...awkwardNames.slice(0, 16),
  'nowhere/at/all',
  '..',
  '/',
  '../../../../etc/passwd',
  `${'far/'.repeat(200)}away`,
]

/** Seconds and nanoseconds: the ends of what file systems keep, before 1970, the 2200s, and decimals that are trimmed when written. */
export const awkwardTimes: readonly (readonly [seconds: number, nanoseconds: number])[] = [
  [0, 0],
  [1, 1],
  [-1, 999_999_999],
  [-946_771_201, 123_456_789],
  [1_000_000_000, 0],
  [1_700_000_000, 100_000_000],
  [1_700_000_001, 123_456_789],
  [1_700_000_002, 123_000],
  [2_147_483_648, 1],
  [7_258_118_400, 987_654_321],
  [8_589_934_592, 20],
]

/** What only root may give to a file comes second. */
export const fileModes = {
  anybody: [0o644, 0o600, 0o755, 0o666, 0o4755, 0o2755, 0o1644],
  root: [0o000, 0o400, 0o111, 0o7777, 0o6711, 0o040],
} as const

export const folderModes = { anybody: [0o755, 0o700, 0o1777, 0o2775, 0o711], root: [0o000, 0o500, 0o7000, 0o7777] } as const

export const owners: readonly number[] = [0, 1, 1000, 65_534, 123_456, 4_294_967_290]

interface Attribute {
  readonly name: string
  readonly value: string
}

const longValue = '41'.repeat(1500)

/** Values are hexadecimal. */
export const userAttributes: readonly Attribute[] = [
  { name: 'user.empty', value: '' },
  { name: 'user.binary', value: '00ff010a' },
  { name: 'user.long', value: longValue },
  { name: 'user.é <&>', value: 'c3a9' },
  { name: 'user.z', value: '7a' },
]

/** An access list that lets user 1000 read; the same as what new entries of a folder inherit; cap_net_raw. */
export const accessLists: readonly Attribute[] = [
  {
    name: 'system.posix_acl_access',
    value: '0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000000ffffffff',
  },
]
export const inheritedAccessLists: readonly Attribute[] = [
  {
    name: 'system.posix_acl_default',
    value: '0200000001000700ffffffff02000500e803000004000500ffffffff10000500ffffffff20000000ffffffff',
  },
]
export const rootAttributes: readonly Attribute[] = [
  { name: 'trusted.coffre', value: '01' },
  { name: 'security.coffre', value: '0200' },
]
export const fileCapability: Attribute = { name: 'security.capability', value: '0100000200200000000000000000000000000000' }

const kib = 1024
const mib = 1024 * 1024

/** Sizes around the cuts, the largest small file, and the ranges and windows that content is handled in. */
export const smallBoundarySizes: readonly number[] = [
  0,
  1,
  8 * kib,
  511 * kib,
  512 * kib - 1,
  512 * kib,
  512 * kib + 1,
  513 * kib,
  mib - 1,
  mib,
  mib + 1,
]
export const largeBoundarySizes: readonly number[] = [
  ...[4, 8, 16].flatMap((factor) => [factor * mib - 1, factor * mib, factor * mib + 1]),
  9 * mib + 4097,
  17 * mib + 77_777,
  24 * mib + 1,
  33 * mib + 5,
]
