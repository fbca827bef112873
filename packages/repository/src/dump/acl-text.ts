/** Linux keeps access control lists in attributes: a version, then entries of tag, permissions and id (acl(5), linux/posix_acl_xattr.h). */
const version = 2
const entryBytes = 8

const tagNames: ReadonlyMap<number, string> = new Map([
  [0x01, 'user'],
  [0x02, 'user'],
  [0x04, 'group'],
  [0x08, 'group'],
  [0x10, 'mask'],
  [0x20, 'other'],
])
const namedTags: ReadonlySet<number> = new Set([0x02, 0x08])

/** The list in the long text form of POSIX.1e, ids as numbers; undefined for what is no such list. */
export function aclText(attribute: Uint8Array): string | undefined {
  const bytes = Buffer.from(attribute.buffer, attribute.byteOffset, attribute.byteLength)
  if (bytes.length < 4 || (bytes.length - 4) % entryBytes !== 0 || bytes.readUInt32LE(0) !== version) return undefined
  let text = ''
  for (let at = 4; at < bytes.length; at += entryBytes) {
    const tag = bytes.readUInt16LE(at)
    const name = tagNames.get(tag)
    if (name === undefined) return undefined
    const permissions = bytes.readUInt16LE(at + 2)
    const letters = `${permissions & 4 ? 'r' : '-'}${permissions & 2 ? 'w' : '-'}${permissions & 1 ? 'x' : '-'}`
    text += `${name}:${namedTags.has(tag) ? bytes.readUInt32LE(at + 4) : ''}:${letters}\n`
  }
  return text
}
