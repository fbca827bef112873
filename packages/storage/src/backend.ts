/**
 * The kinds of file in a vault. `config` has one file, named ''. `state` names are paths below `coffre/`, such as `state/00000001`;
 * no state name is a folder of another. `journal` names are `<stream>/<name>` below `coffre/journal/`, which is no place for state.
 */
export type FileType = 'config' | 'key' | 'lock' | 'snapshot' | 'index' | 'pack' | 'state' | 'journal'

/** A file in a vault. All but `config`, `state` and `journal` are named by the lower-case hexadecimal SHA-256 of their content. */
export interface FileHandle {
  readonly type: FileType
  readonly name: string
}

export interface FileInfo extends FileHandle {
  readonly sizeBytes: number
}

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

export interface BackendAbilities {
  /** `save` with `ifAbsent` is known to be decided by the store, also against other writers. */
  readonly conditionalCreate: boolean
  /** `objectLock` of the backend is there, and saves may carry a retention. */
  readonly objectLock: boolean
}

export type RetentionMode = 'governance' | 'compliance'

export interface Retention {
  readonly mode: RetentionMode
  readonly until: Date
}

export interface SaveOptions {
  /** Put under this retention in the same request; `storage.unsupported` where `abilities.objectLock` is false. */
  readonly retention?: Retention
  /** Reject with `storage.exists` when the file is there already. Where `abilities.conditionalCreate` is false, two writers may race. */
  readonly ifAbsent?: boolean
}

export interface SaveResult {
  /** The version that was written, where the store keeps versions. */
  readonly versionId?: string
}

/**
 * Immutable files by name, in restic's layout. Every implementation passes `backendContract` of the testkit.
 *
 * Order and durability: a resolved `save` is visible whole to every later `load`, `stat` and `list`; a rejected one is never listed
 * in part, though it may turn out to have been stored whole (a lost acknowledgement). What was saved before a resolved `flush`
 * survives a power cut, name and content; what was not flushed may vanish or, on the worst of disks, be empty.
 * A removal is visible at once as well, and also needs a `flush` to survive a power cut.
 * All methods may run at once. Every one rejects with the signal's interruption soon after an abort, and reports failures as
 * CoffreError with a `storage.*` code, or `usage.invalid` for a name that no file of the type can have. Only errors whose `retry`
 * is `backoff` may succeed when tried again.
 */
export interface Backend extends AsyncDisposable {
  /** Where the vault is, to be shown to people: without secrets. */
  readonly location: string
  readonly abilities: BackendAbilities
  readonly objectLock: ObjectLock | undefined
  /** Makes the place ready for the first `save`: folders, a check that the bucket exists. Idempotent; changes nothing that exists. */
  create(signal: AbortSignal): Promise<void>
  /**
   * Stores the concatenation of `body`. Overwrites a file of the same name unless `ifAbsent`. The caller must not change `body`
   * until then. A store may refuse a body that does not hash to the name of its file (all types but `config`, `state` and `journal`).
   */
  save(file: FileHandle, body: readonly Uint8Array[], options: SaveOptions, signal: AbortSignal): Promise<SaveResult>
  /** Makes all resolved saves durable. */
  flush(signal: AbortSignal): Promise<void>
  /**
   * The whole file, or exactly `range` of it (of zero length, too); `storage.missing` or `storage.truncated` otherwise. With
   * `target`, the bytes are placed at its start and the result is a view on it; it must be large enough. Whether the bytes are the
   * right ones is for the caller to check.
   */
  load(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal, target?: Uint8Array): Promise<Uint8Array>
  /** Undefined when the file does not exist. */
  stat(file: FileHandle, signal: AbortSignal): Promise<FileInfo | undefined>
  /**
   * Each file of the type whose name begins with `below` once, in no promised order. Names that do not belong to the type are passed
   * over. `below` spares the store the others where it holds a `/`: the folder of one stream among the journals.
   */
  list(type: FileType, signal: AbortSignal, below?: string): AsyncIterable<FileInfo>
  /** Idempotent: absent files are no error. On a versioned store the current version is hidden by a marker. */
  remove(file: FileHandle, signal: AbortSignal): Promise<void>
  /**
   * Removes what interrupted saves left behind, if it is at least `olderThanMs` old: temporary files, unfinished uploads. Such
   * leftovers are never listed, so this only frees space. Resolves to their number.
   */
  removeLeftovers(olderThanMs: number, signal: AbortSignal): Promise<number>
}

export interface ObjectVersion extends FileHandle {
  readonly versionId: string
  readonly sizeBytes: number
  readonly isLatest: boolean
  /** A delete marker hides the versions before it and has no content. */
  readonly isMarker: boolean
  readonly modified: Date
}

/** What a bucket puts on every new object by itself. */
export interface DefaultRetention {
  readonly mode: RetentionMode
  readonly days: number
}

/** Object lock and versions of a store (S3). Rules L1-L10 of the vault are built on it. */
export interface ObjectLock {
  /** Every version and marker of every file of the type whose name begins with `below`, each once. */
  versions(type: FileType, signal: AbortSignal, below?: string): AsyncIterable<ObjectVersion>
  /** Versions and markers of one file: the latest first, then newest first as far as the store's times tell them apart. */
  versionsOf(file: FileHandle, signal: AbortSignal): Promise<readonly ObjectVersion[]>
  loadVersion(file: FileHandle, versionId: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Uint8Array>
  /** `storage.locked` while the version is under retention or hold. Idempotent. */
  removeVersion(file: FileHandle, versionId: string, signal: AbortSignal): Promise<void>
  retention(file: FileHandle, versionId: string, signal: AbortSignal): Promise<Retention | undefined>
  /** Sets or lengthens a retention; `storage.locked` when it would shorten one that may not be. */
  extend(file: FileHandle, versionId: string, retention: Retention, signal: AbortSignal): Promise<void>
  legalHold(file: FileHandle, versionId: string, held: boolean, signal: AbortSignal): Promise<void>
  isHeld(file: FileHandle, versionId: string, signal: AbortSignal): Promise<boolean>
  /** The store's own clock, from the Date of an answer. */
  storeTime(signal: AbortSignal): Promise<Date>
  /** The bucket's default retention, if one is set: rule L4 refuses it. */
  defaultRetention(signal: AbortSignal): Promise<DefaultRetention | undefined>
}
