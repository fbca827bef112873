export { type ByteString, byteStringFrom, bytesOf, compareByteStrings } from './byte-string.ts'
export type { Clock, Context, Random } from './context.ts'
export { dayMs, hourMs, minuteMs } from './durations.ts'
export {
  CoffreError,
  type CoffreErrorOptions,
  type ErrorCode,
  errorCatalogue,
  interruption,
  isCoffreError,
  type Retry,
  throwIfAborted,
} from './error.ts'
export { stateFolder } from './state-folder.ts'
export { systemContext } from './system-context.ts'
