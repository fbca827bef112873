import type { ByteString } from '@coffre/foundation'

/** A blob's or file's SHA-256, as 64 lower-case hexadecimal digits. */
export type Id = string

export type NodeType = 'file' | 'dir' | 'symlink' | 'dev' | 'chardev' | 'fifo' | 'socket' | 'irregular' | ''

/** An instant as restic writes it: RFC 3339 with up to nine decimals and the zone it was written in, e.g. `2014-12-06T17:50:23.34513538+01:00`. */
export type Timestamp = string

/** A whole number of up to 64 bits: a `bigint` only when `number` cannot hold it exactly. */
export type Uint64 = number | bigint

export interface ExtendedAttribute {
  readonly name: ByteString
  readonly value: Uint8Array
}

/** One entry of a tree, with exactly restic's fields (its `Node` in design.rst, section "Trees and Data"). Absent means Go's zero value. */
export interface Node {
  readonly name: ByteString
  readonly type: NodeType
  /** Go's `os.FileMode`: permissions, and type and special bits from bit 31 down; unsigned. */
  readonly mode?: number
  readonly mtime: Timestamp
  readonly atime: Timestamp
  readonly ctime: Timestamp
  readonly uid: number
  readonly gid: number
  readonly user?: ByteString
  readonly group?: ByteString
  readonly inode?: Uint64
  /** st_dev, kept only for files with several links. */
  readonly deviceId?: Uint64
  readonly size?: Uint64
  readonly links?: Uint64
  readonly linkTarget?: ByteString
  readonly extendedAttributes?: readonly ExtendedAttribute[]
  /** Attributes of other systems, kept as their JSON text. */
  readonly genericAttributes?: ReadonlyMap<string, string>
  /** st_rdev of a device. */
  readonly device?: Uint64
  /** Null for all but files. */
  readonly content: readonly Id[] | null
  readonly subtree?: Id
  readonly error?: string
}
