import { type ByteString, bytesOf } from '@coffre/foundation'
import type { Node } from '../format/node.ts'
import { permissionsOf } from '../local/go-file-mode.ts'
import type { FileTime } from '../local/local-files.ts'
import { parseTimestamp } from '../local/timestamp.ts'
import { aclText } from './acl-text.ts'
import { deviceNumbers } from './device-numbers.ts'

/** POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block": blocks of 512 bytes, numbers in octal digits. */
const tarBlockBytes = 512

const typeFlags: Readonly<Partial<Record<Node['type'], string>>> = {
  file: '0',
  symlink: '2',
  chardev: '3',
  dev: '4',
  dir: '5',
  fifo: '6',
}
const paxFlag = 'x'
const octalSizeMax = 8 ** 11 - 1
const octalOwnerMax = 8 ** 7 - 1
const plainName = /^[\x20-\x7e]*$/

/** Whether the format has such entries. */
export function isTarType(type: Node['type']): boolean {
  return typeFlags[type] !== undefined
}

/**
 * The header of an entry: one block, before it a pax header with what the block cannot hold exactly. The content, if it is a file,
 * follows in whole blocks. Names that are not UTF-8 stand in it as their bytes, which GNU tar takes as they are.
 */
export function tarHeader(path: ByteString, node: Node): Buffer {
  const name = node.type === 'dir' ? `${path}/` : path
  const mtime = parseTimestamp(node.mtime)
  const records = paxRecords(name, node, mtime)
  const own = headerBlock(name, node, sizeOf(node), mtime, typeFlags[node.type] ?? '0')
  if (records.length === 0) return own
  const content = Buffer.concat(records)
  const paxName = `PaxHeaders.0/${path.slice(path.lastIndexOf('/') + 1)}`
  const pax = headerBlock(paxName, { ...plainNode, uid: 0, gid: 0 }, content.length, { seconds: 0, nanoseconds: 0 }, paxFlag)
  return Buffer.concat([pax, content, tarPadding(content.length), own])
}

/** The zeros that fill the last block of a content. */
export function tarPadding(contentBytes: number): Buffer {
  return Buffer.alloc((tarBlockBytes - (contentBytes % tarBlockBytes)) % tarBlockBytes)
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * tarBlockBytes)
}

function sizeOf(node: Node): number {
  return node.type === 'file' ? Number(node.size ?? 0) : 0
}

const plainNode: Node = { name: '', type: 'file', mode: 0o644, mtime: '', atime: '', ctime: '', uid: 0, gid: 0, content: null }

function paxRecords(name: ByteString, node: Node, mtime: FileTime): Buffer[] {
  const records: Buffer[] = []
  const add = (key: string, value: Uint8Array | string): void => {
    records.push(paxRecord(key, typeof value === 'string' ? Buffer.from(value) : value))
  }
  const target = node.linkTarget ?? ''
  const texts = { path: name, linkpath: node.type === 'symlink' ? target : '', uname: node.user ?? '', gname: node.group ?? '' }
  if (!plainName.test(texts.path) || splitName(texts.path) === undefined) add('path', bytesOf(texts.path))
  if (!fits(texts.linkpath, 100)) add('linkpath', bytesOf(texts.linkpath))
  if (!fits(texts.uname, 31)) add('uname', bytesOf(texts.uname))
  if (!fits(texts.gname, 31)) add('gname', bytesOf(texts.gname))
  if (sizeOf(node) > octalSizeMax) add('size', String(sizeOf(node)))
  if (node.uid > octalOwnerMax) add('uid', String(node.uid))
  if (node.gid > octalOwnerMax) add('gid', String(node.gid))
  if (mtime.nanoseconds !== 0 || mtime.seconds < 0 || mtime.seconds > octalSizeMax) add('mtime', decimalTime(mtime))
  for (const attribute of node.extendedAttributes ?? []) {
    const acl = aclKeys[attribute.name]
    const text = acl === undefined ? undefined : aclText(attribute.value)
    if (acl !== undefined && text !== undefined) add(acl, text)
    else if (acl === undefined) add(`SCHILY.xattr.${keyword(attribute.name)}`, attribute.value)
  }
  return records
}

/** Access control lists have records of their own, as text. */
const aclKeys: Readonly<Record<string, string>> = {
  'system.posix_acl_access': 'SCHILY.acl.access',
  'system.posix_acl_default': 'SCHILY.acl.default',
}

/** A keyword ends at its first '='; GNU tar reads and writes such names in this way. */
function keyword(name: ByteString): ByteString {
  return name.includes('=') ? name.replaceAll('%', '%25').replaceAll('=', '%3D') : name
}

/** "length key=value\n", the length counting its own digits. */
function paxRecord(key: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(' '), bytesOf(key), Buffer.from('='), value, Buffer.from('\n')])
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** Seconds before 1970 count down and the fraction counts up, as numbers are written: -1.5 is half a second before -1. */
function decimalTime({ seconds, nanoseconds }: FileTime): string {
  if (nanoseconds === 0) return String(seconds)
  const isNegative = seconds < 0
  const whole = isNegative ? -seconds - 1 : seconds
  const fraction = isNegative ? 1e9 - nanoseconds : nanoseconds
  return `${isNegative ? '-' : ''}${whole}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
}

function fits(text: ByteString, bytesMax: number): boolean {
  return plainName.test(text) && text.length <= bytesMax
}

/** The name in the two fields of the block, or undefined when no slash divides it so that both parts fit. */
function splitName(name: string): { readonly prefix: string; readonly name: string } | undefined {
  if (name.length <= 100) return { prefix: '', name }
  const at = name.slice(0, -1).indexOf('/', name.length - 101)
  return at <= 0 || at > 155 ? undefined : { prefix: name.slice(0, at), name: name.slice(at + 1) }
}

function headerBlock(name: ByteString, node: Node, sizeBytes: number, mtime: FileTime, flag: string): Buffer {
  const block = Buffer.alloc(tarBlockBytes)
  const put = (offset: number, length: number, text: ByteString): void => {
    bytesOf(text).copy(block, offset, 0, length)
  }
  const number = (offset: number, digits: number, value: number): void => {
    const isWritable = value >= 0 && value < 8 ** digits
    put(offset, digits + 1, `${(isWritable ? value : 0).toString(8).padStart(digits, '0')}\0`)
  }
  const parts = plainName.test(name) ? splitName(name) : undefined
  put(0, 100, parts?.name ?? name)
  number(100, 7, permissionsOf(node.mode ?? 0))
  number(108, 7, node.uid)
  number(116, 7, node.gid)
  number(124, 11, sizeBytes)
  number(136, 11, mtime.seconds)
  put(156, 1, flag)
  if (flag === '2') put(157, 100, node.linkTarget ?? '')
  put(257, 8, 'ustar\x0000')
  put(265, 31, node.user ?? '')
  put(297, 31, node.group ?? '')
  if (node.type === 'dev' || node.type === 'chardev') {
    const { major, minor } = deviceNumbers(node.device ?? 0)
    number(329, 7, major)
    number(337, 7, minor)
  }
  put(345, 155, parts?.prefix ?? '')
  block.fill(' ', 148, 156)
  const checksum = block.reduce((sum, byte) => sum + byte, 0)
  put(148, 8, `${checksum.toString(8).padStart(6, '0')}\0 `)
  return block
}
