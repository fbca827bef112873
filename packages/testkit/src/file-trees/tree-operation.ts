import type { ByteString } from '@coffre/foundation'

/** `bytes` of one kind: random ones that nothing shrinks, text that shrinks well, zeros, or a hole, which reads as zeros. */
export type ContentPiece = readonly [kind: 'random' | 'text' | 'zeros' | 'hole', bytes: number, seed: number]

/** One change to a file tree, with exact names, times and numbers. `path` is what changes or comes to be. */
export type TreeOperation = { readonly path: ByteString } & (
  | { readonly do: 'write' | 'replace'; readonly pieces: readonly ContentPiece[] }
  | { readonly do: 'edit'; readonly offset: number; readonly pieces: readonly ContentPiece[]; readonly keepTimes?: boolean }
  | { readonly do: 'insert'; readonly offset: number; readonly pieces: readonly ContentPiece[] }
  | { readonly do: 'truncate'; readonly length: number }
  | { readonly do: 'remove' | 'folder' | 'fifo' | 'removeAttributes' }
  | { readonly do: 'copy' | 'rename' | 'link'; readonly source: ByteString }
  | { readonly do: 'symlink'; readonly target: ByteString }
  | { readonly do: 'device'; readonly kind: 'block' | 'character'; readonly major: number; readonly minor: number }
  | { readonly do: 'mode'; readonly mode: number }
  | { readonly do: 'owner'; readonly uid: number; readonly gid: number }
  | { readonly do: 'times'; readonly seconds: number; readonly nanoseconds: number }
  /** The value is hexadecimal. An `optional` attribute is left out where the file system cannot keep it. */
  | { readonly do: 'attribute'; readonly name: string; readonly value: string; readonly optional?: boolean }
)
