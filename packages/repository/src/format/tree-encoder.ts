import { type ByteString, bytesOf, compareByteStrings } from '@coffre/foundation'
import { goJsonBytes, goJsonRaw, goJsonString } from './go-json.ts'
import { goQuote } from './go-quote.ts'
import type { Node } from './node.ts'

const pieceLength = 1 << 18
/** Names that neither Go's Quote nor its JSON change. */
const plainName = /^[ !#-%'-;=?-[\]-~]+$/

/**
 * Writes one tree blob, byte for byte as restic 0.18 would, node by node: the nodes themselves need not be kept. They must come in the
 * order of their names' bytes, each name once.
 */
export class TreeEncoder {
  #text = '{"nodes":['
  #pieces: Buffer[] = []
  #lastName: ByteString = ''

  add(node: Node): void {
    if (compareByteStrings(node.name, this.#lastName) <= 0) {
      throw new RangeError(`a tree's node ${JSON.stringify(node.name)} comes after ${JSON.stringify(this.#lastName)}`)
    }
    if (this.#lastName !== '') this.#text += ','
    this.#lastName = node.name
    this.#text += encodeNode(node)
    if (this.#text.length >= pieceLength) this.#flush()
  }

  /** The blob. The encoder is empty afterwards, ready for another tree. */
  finish(): Buffer {
    this.#text += ']}\n'
    this.#flush()
    const blob = this.#pieces.length === 1 && this.#pieces[0] !== undefined ? this.#pieces[0] : Buffer.concat(this.#pieces)
    this.#text = '{"nodes":['
    this.#pieces = []
    this.#lastName = ''
    return blob
  }

  #flush(): void {
    this.#pieces.push(Buffer.from(this.#text))
    this.#text = ''
  }
}

/** The tree blob of `nodes`, which must be in the order of their names' bytes, each name once. */
export function encodeTree(nodes: Iterable<Node>): Buffer {
  const encoder = new TreeEncoder()
  for (const node of nodes) encoder.add(node)
  return encoder.finish()
}

function encodeNode(node: Node): string {
  const { name, type, mode, mtime, atime, ctime, user, group, inode, deviceId, size, links, device } = node
  let json = `{"name":${plainName.test(name) ? `"${name}"` : goJsonString(goQuote(name))},"type":"${type}"`
  if (mode) json += `,"mode":${mode}`
  json += `,"mtime":"${mtime}","atime":"${atime}","ctime":"${ctime}","uid":${node.uid},"gid":${node.gid}`
  if (user) json += `,"user":${goJsonString(user)}`
  if (group) json += `,"group":${goJsonString(group)}`
  if (inode) json += `,"inode":${inode}`
  if (deviceId) json += `,"device_id":${deviceId}`
  if (size) json += `,"size":${size}`
  if (links) json += `,"links":${links}`
  if (node.linkTarget) json += encodeLinkTarget(node.linkTarget)
  if (node.extendedAttributes?.length) json += encodeExtendedAttributes(node.extendedAttributes)
  if (node.genericAttributes?.size) json += encodeGenericAttributes(node.genericAttributes)
  if (device) json += `,"device":${device}`
  json += encodeContent(node.content)
  if (node.subtree !== undefined) json += `,"subtree":"${node.subtree}"`
  if (node.error) json += `,"error":${goJsonString(node.error)}`
  return `${json}}`
}

function encodeContent(content: Node['content']): string {
  if (content === null) return ',"content":null'
  return content.length === 0 ? ',"content":[]' : `,"content":["${content.join('","')}"]`
}

function encodeLinkTarget(target: ByteString): string {
  const text = `,"linktarget":${goJsonString(target)}`
  return target.isWellFormed() ? text : `${text},"linktarget_raw":${goJsonBytes(bytesOf(target))}`
}

function encodeExtendedAttributes(attributes: NonNullable<Node['extendedAttributes']>): string {
  const list = attributes.map(({ name, value }) => `{"name":${goJsonString(name)},"value":${goJsonBytes(value)}}`)
  return `,"extended_attributes":[${list.join()}]`
}

function encodeGenericAttributes(attributes: ReadonlyMap<string, string>): string {
  const list = [...attributes]
    .sort(([a], [b]) => compareByteStrings(a, b))
    .map(([name, json]) => `${goJsonString(name)}:${goJsonRaw(json)}`)
  return `,"generic_attributes":{${list.join()}}`
}
