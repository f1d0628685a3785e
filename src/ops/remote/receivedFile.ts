import { createHash, type Hash } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { parseDigest, type Digest } from '../../ground/digest.ts'
import { bytesOf, fromText } from '../../kit/byteString.ts'
import { applyMetadata } from '../files/metadata.ts'
import { joinName } from '../files/rootPath.ts'

/** A file that comes from elsewhere, alone in its folder. Disposing closes it. */
export interface ReceivedFile extends Disposable {
  /** What comes now is the file from its first byte on. `filename` counts the first time: one that has begun to come keeps its name. */
  begin(filename: string): void
  write(chunk: Uint8Array): void
  /** Gives it its owner and time; what it is called, and its bytes' digest. */
  finish(mtimeNs: bigint): { readonly filename: string; readonly digest: Digest }
}

export interface FileOwner {
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

export function openReceivedFile(folder: string, { mode, uid, gid }: FileOwner): ReceivedFile {
  let position = 0
  let open: { readonly fd: number; readonly filename: string; readonly hash: Hash } | undefined
  const opened = (): NonNullable<typeof open> => {
    if (open === undefined) throw new TypeError('a file comes before it has begun')
    return open
  }
  const place = (filename: string): ReturnType<typeof fromText> => joinName(fromText(folder), fromText(filename))
  const close = (): void => {
    if (open !== undefined) closeSync(open.fd)
    open = undefined
  }
  return {
    begin(chosen) {
      const filename = open?.filename ?? chosen
      const fd = open?.fd ?? openSync(bytesOf(place(filename)), 'wx', 0o600)
      ftruncateSync(fd)
      open = { fd, filename, hash: createHash('sha256') }
      position = 0
    },
    write(chunk) {
      const { fd, hash } = opened()
      hash.update(chunk)
      for (let written = 0; written < chunk.byteLength; ) written += writeSync(fd, chunk, written, undefined, position + written)
      position += chunk.byteLength
    },
    finish(mtimeNs) {
      const { filename, hash } = opened()
      const digest = parseDigest(`sha256:${hash.digest('hex')}`)
      close()
      applyMetadata(place(filename), { mode, uid, gid, mtimeNs, xattrs: new Map() }, 'other')
      return { filename, digest }
    },
    [Symbol.dispose]: close,
  }
}
