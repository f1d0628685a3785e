import { formatCanonicalJson } from '../../../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../../../ground/digest.ts'
import type { ByteString } from '../../../kit/byteString.ts'
import type { LayerFile } from '../layerFile.ts'

/** A file or folder, with all of it that counts towards its content digest: cache keys depend on this form. */
export interface DigestedEntry extends LayerFile {
  /** Of a regular file. */
  readonly content: Digest | undefined
  /** Of a folder, in the order of the names' bytes. */
  readonly children: readonly (readonly [name: ByteString, digest: Digest])[] | undefined
}

export function digestEntry({ shape, mode, uid, gid, xattrs, content, children }: DigestedEntry): Digest {
  const attributes = Object.fromEntries([...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('base64')]))
  return digestOf(formatCanonicalJson({ kind: shape.kind, mode, uid, gid, xattrs: attributes, content, children, ...shapeFields(shape) }))
}

function shapeFields(shape: LayerFile['shape']): Readonly<Record<string, string | number>> {
  switch (shape.kind) {
    case 'file':
      return { sizeBytes: shape.sizeBytes }
    case 'symlink':
      return { target: shape.target }
    case 'character-device':
    case 'block-device':
      return { major: shape.major, minor: shape.minor }
    case 'folder':
    case 'fifo':
    case 'socket':
    case 'whiteout':
      return {}
  }
}
