import { readlinkSync } from 'node:fs'
import { BuildError } from '../../ground/errors.ts'
import { asByteString, bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { errorCode } from './errorCode.ts'

/** As the kernel's own bound (path_resolution(7)). */
const MAX_LINKS = 40

/**
 * Where `path` of the file system under `root` stands on the host: its symbolic links lead as they would if `root` were
 * `/`, so nothing leads out of it. What does not exist is taken by its name. The last component is followed unless
 * `lastLink` says `keep`. For trees that nobody else changes meanwhile.
 * @throws LinkLoopError
 */
export function resolveInRoot(root: ByteString, path: ByteString, lastLink: 'follow' | 'keep'): ByteString {
  const pending = namesOf(path).reverse()
  const resolved: ByteString[] = []
  let links = 0
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '..') {
      resolved.pop()
      continue
    }
    const target = lastLink === 'keep' && pending.length === 0 ? undefined : readLink(hostPath(root, [...resolved, name]))
    if (target === undefined) {
      resolved.push(name)
    } else {
      if (++links > MAX_LINKS) throw new LinkLoopError(path)
      if (target.startsWith('/')) resolved.length = 0
      pending.push(...namesOf(target).reverse())
    }
  }
  return hostPath(root, resolved)
}

/** The names between slashes, those that say nothing left out. */
export function namesOf(path: ByteString): ByteString[] {
  return path.split('/').filter((name) => name !== '' && name !== '.').map(asByteString)
}

export function joinName(folder: ByteString, name: ByteString): ByteString {
  return asByteString(folder === '' ? name : `${folder}/${name}`)
}

export function parentOf(path: ByteString): ByteString {
  return asByteString(path.slice(0, Math.max(0, path.lastIndexOf('/'))))
}

export function lastNameOf(path: ByteString): ByteString {
  return namesOf(path).at(-1) ?? asByteString('')
}

/** A place on the host, as it is called in the file system under `root`. */
export function showPath(place: ByteString, root: ByteString): string {
  return textOfBytes(asByteString(place.slice(root.length))) || '/'
}

function hostPath(root: ByteString, names: readonly ByteString[]): ByteString {
  return asByteString([root, ...names].join('/'))
}

/** Undefined where it is no link, or not there. */
function readLink(path: ByteString): ByteString | undefined {
  try {
    return asByteString(readlinkSync(bytesOf(path), { encoding: 'latin1' }))
  } catch (error) {
    if (['EINVAL', 'ENOENT', 'ENOTDIR'].includes(errorCode(error))) return undefined
    throw error
  }
}

export class LinkLoopError extends BuildError {
  readonly kind = 'usage'
  readonly path: string
  constructor(path: ByteString) {
    const text = textOfBytes(path)
    super(`too many symbolic links: ${JSON.stringify(text)}`, { hint: 'some link leads back to itself' })
    this.path = text
  }
}
