export type {
  Backend,
  BackendAbilities,
  ByteRange,
  FileHandle,
  FileInfo,
  FileType,
  ObjectLock,
  ObjectVersion,
  Retention,
  RetentionMode,
  SaveOptions,
  SaveResult,
} from './backend.ts'
