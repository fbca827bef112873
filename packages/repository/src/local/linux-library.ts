import { constants } from 'node:fs'
import { createRequire } from 'node:module'
import type Koffi from 'koffi'

/** Numbers in, number out; addresses are numbers too. */
export type LibraryCall = (...args: readonly number[]) => number

/** System calls that not every libc since glibc 2.28 and musl 1.2.3 exports under a name of its own. */
const systemCalls: Readonly<Record<string, { readonly statx: number; readonly getdents64: number; readonly mknodat: number }>> = {
  x64: { statx: 332, getdents64: 217, mknodat: 259 },
  arm64: { statx: 291, getdents64: 61, mknodat: 33 },
}
/** The same everywhere, as all newer calls (Linux 6.6). */
const fchmodat2 = 452

/** Flags that Node does not name, equal on x64 and arm64. */
export const linux = {
  atWorkingDirectory: -100,
  atNoFollow: 0x100,
  atNoAutomount: 0x800,
  atEmptyPath: 0x1000,
  statxBasicStats: 0x7ff,
  openCloseOnExec: 0o2000000,
  openPathOnly: 0o10000000,
  openDirectory: constants.O_DIRECTORY,
  openNoFollow: constants.O_NOFOLLOW,
  openNoAtime: constants.O_NOATIME,
} as const

const koffi = loadKoffi()

export type LinuxLibrary = ReturnType<typeof openLinuxLibrary>

/** libc's functions, as the node binary itself is linked to them. Throws where there is none or it lacks one. */
export function openLinuxLibrary() {
  const numbers = systemCalls[process.arch]
  if (koffi === undefined || process.platform !== 'linux' || numbers === undefined) {
    throw new Error(`no native file access on ${process.platform} ${process.arch}`)
  }
  const native = koffi
  const library = native.load(null)
  const locate = library.func('__errno_location', 'void *', []) as unknown as () => unknown
  const errnoOfThread = new Int32Array(native.view(locate(), Int32Array.BYTES_PER_ELEMENT))
  let lastErrno = 0
  // At once: before the next function of ours begins, V8 may do work of its own on this thread, whose system calls set errno too.
  const bind = (name: string, result: string, ...args: string[]): LibraryCall => {
    const call = library.func(name, result, args) as unknown as LibraryCall
    return (...numbers) => {
      const returned = call(...numbers)
      if (returned === -1) lastErrno = errnoOfThread[0] ?? 0
      return returned
    }
  }
  const errno = (): number => lastErrno
  const interruptible = (call: LibraryCall): LibraryCall => retrying(call, errno)
  const at = 'uintptr_t'
  const { statx, getdents64, mknodat } = numbers
  const systemCall4 = bind('syscall', 'long', 'long', 'long', at, 'long')
  const systemCall5 = bind('syscall', 'long', 'long', 'long', at, 'long', 'long')
  const systemCall6 = bind('syscall', 'long', 'long', 'long', at, 'long', 'long', at)
  return {
    /** Of the last of these calls that failed, whatever was called since. */
    errno,
    addressOf: (bytes: Buffer): number => Number(native.address(bytes)),
    statx: (directory: number, path: number, flags: number, target: number) =>
      systemCall6(statx, directory, path, flags, linux.statxBasicStats, target),
    readEntries: (descriptor: number, target: number, capacity: number) => systemCall4(getdents64, descriptor, target, capacity),
    makeNode: (path: number, mode: number, device: number) => systemCall5(mknodat, linux.atWorkingDirectory, path, mode, device),
    chmodAt: (path: number, mode: number, flags: number) => systemCall5(fchmodat2, linux.atWorkingDirectory, path, mode, flags),
    open: interruptible(bind('open', 'int', at, 'int', 'uint')),
    close: bind('close', 'int', 'int'),
    readlink: bind('readlink', 'long', at, at, 'size_t'),
    listAttributes: interruptible(bind('llistxattr', 'long', at, at, 'size_t')),
    getAttribute: interruptible(bind('lgetxattr', 'long', at, at, at, 'size_t')),
    setAttribute: interruptible(bind('lsetxattr', 'int', at, at, at, 'size_t', 'int')),
    removeAttribute: interruptible(bind('lremovexattr', 'int', at, at)),
    mkdir: interruptible(bind('mkdir', 'int', at, 'uint')),
    symlink: interruptible(bind('symlink', 'int', at, at)),
    link: interruptible(bind('link', 'int', at, at)),
    rename: interruptible(bind('rename', 'int', at, at)),
    unlink: interruptible(bind('unlink', 'int', at)),
    rmdir: interruptible(bind('rmdir', 'int', at)),
    chmod: interruptible(bind('chmod', 'int', at, 'uint')),
    lchown: interruptible(bind('lchown', 'int', at, 'uint', 'uint')),
    utimensat: interruptible(bind('utimensat', 'int', 'int', at, at, 'int')),
    fchmod: interruptible(bind('fchmod', 'int', 'int', 'uint')),
    fchown: interruptible(bind('fchown', 'int', 'int', 'uint', 'uint')),
    futimens: interruptible(bind('futimens', 'int', 'int', at)),
    userById: bind('getpwuid_r', 'int', 'uint', at, at, 'size_t', at),
    userByName: bind('getpwnam_r', 'int', at, at, at, 'size_t', at),
    groupById: bind('getgrgid_r', 'int', 'uint', at, at, 'size_t', at),
    groupByName: bind('getgrnam_r', 'int', at, at, at, 'size_t', at),
  }
}

const interrupted = 4

/** FUSE and CIFS answer EINTR even where signals restart calls. */
function retrying(call: LibraryCall, errno: () => number): LibraryCall {
  return (...args) => {
    for (;;) {
      const result = call(...args)
      if (result !== -1 || errno() !== interrupted) return result
    }
  }
}

/**
 * Not imported above, because that throws where there is no library for the system; and not awaited, because Node aborts the whole
 * process when a thread is ended while it loads modules that wait for one another.
 */
function loadKoffi(): typeof Koffi | undefined {
  try {
    return createRequire(import.meta.url)('koffi') as typeof Koffi
  } catch {
    return undefined
  }
}
