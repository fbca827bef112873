import { byteStringFrom } from '@coffre/foundation'
import { goJsonRaw } from './go-json.ts'
import { goUnquote } from './go-quote.ts'
import {
  arrayOf,
  bytesField,
  damaged,
  idOf,
  type JsonObject,
  objectOf,
  stringOf,
  timestampOf,
  uint64Of,
  wholeNumberOf,
} from './json-fields.ts'
import { jsonWithSource } from './json-source.ts'
import type { ExtendedAttribute, Id, Node, NodeType } from './node.ts'

/** Told of each field that restic's trees do not have; `node` is undefined for a field of the tree itself. Re-encoding would lose it. */
export type UnknownFieldListener = (field: string, node: Node | undefined) => void

type MutableNode = { -readonly [Field in keyof Node]: Node[Field] }

const what = 'a tree'
const batchBytes = 1 << 20
const treeStart = Buffer.from('{"nodes":[')
const nodeStart = Buffer.from(',{"name":"')
const typeStart = Buffer.from(',"type":')

/** All nodes of a tree blob. Malformed JSON or a field of another kind is `repository.damaged`. */
export function decodeTree(blob: Uint8Array, onUnknownField?: UnknownFieldListener): Node[] {
  const nodes: Node[] = []
  for (const batch of decodeTreeInBatches(blob, onUnknownField)) {
    for (const node of batch) nodes.push(node)
  }
  return nodes
}

/** The nodes of a tree blob in some thousands at a time, for folders so large that all nodes together would not fit into memory. */
export function* decodeTreeInBatches(blob: Uint8Array, onUnknownField?: UnknownFieldListener): Generator<Node[]> {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.length)
  let begin = 0
  if (bytes.length > 2 * batchBytes && bytes.subarray(0, treeStart.length).equals(treeStart)) {
    begin = treeStart.length
    for (let size = batchBytes; ; size *= 2) {
      const end = findNode(bytes, begin + size)
      if (end < 0) break
      const nodes = tryParse(`[${bytes.toString('utf8', begin, end)}]`)
      // What looks like a node's start inside an attribute yields no JSON; a longer part will.
      if (nodes === undefined) continue
      yield decodeNodes(nodes, onUnknownField)
      begin = end + 1
      size = batchBytes / 2
    }
  }
  const rest = bytes.toString('utf8', begin)
  yield decodeRest(begin === 0 ? rest : `{"nodes":[${rest}`, onUnknownField)
}

function decodeRest(json: string, onUnknownField: UnknownFieldListener | undefined): Node[] {
  const tree = tryParse(json)
  if (tree === undefined) throw damaged(what, 'it is not JSON')
  const fields = objectOf(tree, what)
  if (onUnknownField !== undefined) for (const field in fields) if (field !== 'nodes') onUnknownField(field, undefined)
  return decodeNodes(fields['nodes'], onUnknownField)
}

/** Where the next node after `from` begins: at its comma; or -1. Extended attributes begin alike, but have no type. */
function findNode(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(nodeStart, from); at >= 0; at = bytes.indexOf(nodeStart, at + 1)) {
    let quote = at + nodeStart.length
    while (quote < bytes.length && bytes[quote] !== 0x22) quote += bytes[quote] === 0x5c ? 2 : 1
    if (bytes.compare(typeStart, 0, typeStart.length, quote + 1, quote + 1 + typeStart.length) === 0) return at
  }
  return -1
}

/** A number that a double may not hold is taken as its digits; no string can hold a field's name in bare quotes. */
const largeNumber = /("(?:inode|device_id|size|links|device)"\s*:\s*)(\d{16,})/g

function tryParse(json: string): unknown {
  try {
    if (json.includes('"generic_attributes"')) return jsonWithSource.parse(json, keepNumbers)
    return JSON.parse(largeNumber.test(json) ? json.replace(largeNumber, '$1"$2"') : json)
  } catch {
    return undefined
  } finally {
    largeNumber.lastIndex = 0
  }
}

/** Generic attributes are text: numbers that JSON.stringify would print in another way keep theirs. */
function keepNumbers(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER && String(value) === context.source) return value
  return jsonWithSource.rawJSON(context.source)
}

function decodeNodes(value: unknown, onUnknownField: UnknownFieldListener | undefined): Node[] {
  const nodes = arrayOf(value, what).map((item) => decodeNode(objectOf(item, what)))
  if (onUnknownField !== undefined) reportUnknownFields(value as readonly JsonObject[] | undefined, nodes, onUnknownField)
  return nodes
}

function decodeNode(raw: JsonObject): Node {
  const content = raw['content']
  const node: MutableNode = {
    name: nameOf(raw['name']),
    type: nodeTypeOf(raw['type']),
    mtime: timestampOf(raw['mtime'], what),
    atime: timestampOf(raw['atime'], what),
    ctime: timestampOf(raw['ctime'], what),
    uid: wholeNumberOf(raw['uid'], what),
    gid: wholeNumberOf(raw['gid'], what),
    content: content === null || content === undefined ? null : contentOf(content),
  }
  if (raw['mode']) node.mode = wholeNumberOf(raw['mode'], what)
  if (raw['user']) node.user = stringOf(raw['user'], what)
  if (raw['group']) node.group = stringOf(raw['group'], what)
  if (raw['inode']) node.inode = uint64Of(raw['inode'], what)
  if (raw['size']) node.size = uint64Of(raw['size'], what)
  if (raw['links']) node.links = uint64Of(raw['links'], what)
  if (raw['subtree']) node.subtree = idOf(raw['subtree'], what)
  addRareFields(node, raw)
  return node
}

function addRareFields(node: MutableNode, raw: JsonObject): void {
  if (raw['device_id']) node.deviceId = uint64Of(raw['device_id'], what)
  if (raw['device']) node.device = uint64Of(raw['device'], what)
  if (raw['linktarget']) node.linkTarget = stringOf(raw['linktarget'], what)
  if (raw['linktarget_raw']) node.linkTarget = byteStringFrom(bytesField(raw['linktarget_raw'], what))
  if (raw['extended_attributes']) node.extendedAttributes = arrayOf(raw['extended_attributes'], what).map(extendedAttributeOf)
  if (raw['generic_attributes']) node.genericAttributes = genericAttributesOf(raw['generic_attributes'])
  if (raw['error']) node.error = stringOf(raw['error'], what)
}

function nameOf(value: unknown): string {
  const name = goUnquote(stringOf(value, what))
  if (name === undefined) throw damaged(what, `the name ${JSON.stringify(value)} is not quoted as Go would`)
  return name
}

const nodeTypes: ReadonlySet<unknown> = new Set<NodeType>([
  'file',
  'dir',
  'symlink',
  'dev',
  'chardev',
  'fifo',
  'socket',
  'irregular',
  '',
])

function nodeTypeOf(value: unknown): NodeType {
  if (nodeTypes.has(value)) return value as NodeType
  throw damaged(what, `${JSON.stringify(value)} is not a node's type`)
}

function contentOf(value: unknown): Id[] {
  return arrayOf(value, what).map((id) => idOf(id, what))
}

function extendedAttributeOf(value: unknown): ExtendedAttribute {
  const raw = objectOf(value, what)
  return { name: stringOf(raw['name'], what), value: bytesField(raw['value'], what) }
}

function genericAttributesOf(value: unknown): ReadonlyMap<string, string> {
  return new Map(Object.entries(objectOf(value, what)).map(([name, item]) => [name, goJsonRaw(JSON.stringify(item))]))
}

const knownFields: ReadonlySet<string> = new Set([
  'name',
  'type',
  'mode',
  'mtime',
  'atime',
  'ctime',
  'uid',
  'gid',
  'user',
  'group',
  'inode',
  'device_id',
  'size',
  'links',
  'linktarget',
  'linktarget_raw',
  'extended_attributes',
  'generic_attributes',
  'device',
  'content',
  'subtree',
  'error',
])

function reportUnknownFields(
  items: readonly JsonObject[] | undefined,
  nodes: readonly Node[],
  onUnknownField: UnknownFieldListener,
): void {
  items?.forEach((raw, i) => {
    for (const field in raw) if (!knownFields.has(field)) onUnknownField(field, nodes[i])
  })
}
