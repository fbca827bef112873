import type { ByteString } from '@coffre/foundation'
import type { Node } from '../format/node.ts'
import { goFileMode } from '../local/go-file-mode.ts'
import { byteSizeText, goModeText, localTimeText } from './go-text.ts'

/** An entry as one line in the long form: mode, owner, size, time, path and the target of a link. */
export function nodeLine(path: ByteString, node: Node, humanSizes: boolean): ByteString {
  const typeMode = node.type === '' ? 0 : goFileMode(node.type, 0)
  const size = humanSizes ? byteSizeText(node.size ?? 0) : String(node.size ?? 0).padStart(6)
  const owner = `${String(node.uid).padStart(5)} ${String(node.gid).padStart(5)}`
  const target = node.type === 'symlink' ? ` -> ${node.linkTarget ?? ''}` : ''
  return `${goModeText((typeMode | (node.mode ?? 0)) >>> 0)} ${owner} ${size} ${localTimeText(node.mtime)} ${path}${target}`
}
