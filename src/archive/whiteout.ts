import { asByteString, type ByteString } from '../kit/byteString.ts'

/** What a layer's whiteout entry says of the layers under it: OCI image-spec, layer.md#whiteouts. Paths as in the entry. */
export type Whiteout =
  /** `path` and all in it is gone. */
  | { readonly kind: 'removal'; readonly path: ByteString }
  /** What lower layers have in `folder` is gone; what this layer has in it stays, whether it comes before or after. */
  | { readonly kind: 'opaque'; readonly folder: ByteString }
  /** `.wh..wh.` of any other name was aufs' own bookkeeping, and means nothing. */
  | { readonly kind: 'meaningless' }

const PREFIX = '.wh.'
const META_PREFIX = '.wh..wh.'
const OPAQUE_NAME = '.wh..wh..opq'

/** Undefined where `path` is an ordinary entry's. */
export function parseWhiteout(path: ByteString): Whiteout | undefined {
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1)
  if (!name.startsWith(PREFIX)) return undefined
  if (name === OPAQUE_NAME) return { kind: 'opaque', folder: asByteString(path.slice(0, Math.max(0, slash))) }
  if (name.startsWith(META_PREFIX) || name === PREFIX) return { kind: 'meaningless' }
  return { kind: 'removal', path: asByteString(path.slice(0, slash + 1) + name.slice(PREFIX.length)) }
}

/** The entry that removes `path`. */
export function formatRemoval(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/')
  return asByteString(`${path.slice(0, slash + 1)}${PREFIX}${path.slice(slash + 1)}`)
}

/** The entry that makes `folder` opaque; '' is the root. */
export function formatOpaque(folder: ByteString): ByteString {
  return asByteString(folder === '' ? OPAQUE_NAME : `${folder}/${OPAQUE_NAME}`)
}
