import { createReadStream, mkdirSync, openSync, closeSync, symlinkSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { CompressedDataInvalidError, decompress } from '../../archive/compression.ts'
import type { TarEntry, TarHeader } from '../../archive/tar.ts'
import { isTar, readTar } from '../../archive/tarReader.ts'
import { bytesOf, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { link, mknod } from '../../kit/syscalls.ts'
import { errorCode } from './errorCode.ts'
import { ensureFolder } from './folders.ts'
import { applyMetadata, findStat, type FileMetadata, type FileOwner } from './metadata.ts'
import { joinName, lastNameOf, parentOf, resolveInRoot } from './rootPath.ts'

const TAR_HEAD_BYTES = 512

/** Whether the file is a tar archive, however it is compressed. Tells by its content, not by its name. */
export async function isArchive(file: ByteString, signal: AbortSignal): Promise<boolean> {
  const head: Uint8Array[] = []
  let sizeBytes = 0
  try {
    for await (const chunk of decompress(createReadStream(bytesOf(file)), signal)) {
      head.push(chunk)
      sizeBytes += chunk.byteLength
      if (sizeBytes >= TAR_HEAD_BYTES) break
    }
  } catch (error) {
    if (error instanceof CompressedDataInvalidError) return false
    throw error
  }
  return isTar(Buffer.concat(head).subarray(0, TAR_HEAD_BYTES))
}

export interface UnpackTarget {
  /** A folder of the host. Nothing outside it is touched, whatever the archive's names and links say. */
  readonly folder: ByteString
  /** Undefined keeps the archive's own. */
  readonly owner: FileOwner | undefined
  readonly nowNs: bigint
}

/** Unpacks over what is there; an entry replaces what has its name, but that folders stay folders. */
export async function unpackArchive(file: ByteString, target: UnpackTarget, signal: AbortSignal): Promise<void> {
  const folders: { readonly place: ByteString; readonly metadata: FileMetadata }[] = []
  for await (const entry of readTar(decompress(createReadStream(bytesOf(file)), signal))) {
    signal.throwIfAborted()
    const metadata = metadataOf(entry.header, target.owner)
    const place = await makeRoom(entry.header, target)
    if (place === target.folder) continue // the archive's own root, which is not a part of what it holds
    if (entry.header.kind === 'folder') folders.push({ place, metadata })
    else await unpackEntry(entry, place, metadata, target)
  }
  // Last: what is put into a folder changes its time
  for (const { place, metadata } of folders.reverse()) applyMetadata(place, metadata, 'other')
}

function metadataOf({ mode, uid, gid, mtimeNs, xattrs }: TarHeader, owner: FileOwner | undefined): FileMetadata {
  return { mode, uid, gid, mtimeNs, xattrs, ...owner }
}

/** Where the entry comes: its parents exist then, and nothing is in its way. A folder's is made, or kept. */
async function makeRoom({ path, kind }: TarHeader, { folder, owner, nowNs }: UnpackTarget): Promise<ByteString> {
  const name = lastNameOf(path)
  const parent = ensureFolder(folder, parentOf(path), { mode: 0o755, owner, mtimeNs: nowNs })
  if (name === '' || name === '..') return parent
  const place = joinName(parent, name)
  const existing = findStat(place)
  if (kind === 'folder' && existing?.isDirectory() === true) return place
  if (existing !== undefined) await rm(bytesOf(place), { recursive: true })
  if (kind === 'folder') mkdirSync(bytesOf(place))
  return place
}

async function unpackEntry({ header, content }: TarEntry, place: ByteString, metadata: FileMetadata, { folder }: UnpackTarget): Promise<void> {
  switch (header.kind) {
    case 'file':
      await writeContent(place, content)
      applyMetadata(place, metadata, 'other')
      return
    case 'symlink':
      symlinkSync(bytesOf(header.linkTarget), bytesOf(place))
      applyMetadata(place, metadata, 'symlink')
      return
    case 'hardlink':
      link(bytesOf(resolveInRoot(folder, header.linkTarget, 'keep')), bytesOf(place))
      return
    case 'character-device':
    case 'block-device':
    case 'fifo':
      makeNode(header, place, metadata)
      return
    case 'folder':
  }
}

const NODE_TYPES = { 'character-device': 0o020000, 'block-device': 0o060000, fifo: 0o010000 } as const

/** As BuildKit: without the right to make a device, an archive comes without its devices. */
function makeNode({ kind, deviceMajor, deviceMinor }: TarHeader, place: ByteString, metadata: FileMetadata): void {
  if (kind !== 'character-device' && kind !== 'block-device' && kind !== 'fifo') throw new TypeError(`${textOfBytes(place)} is no node`)
  try {
    mknod(bytesOf(place), NODE_TYPES[kind] | 0o600, deviceMajor, deviceMinor)
  } catch (error) {
    if (errorCode(error) === 'EPERM') return
    throw error
  }
  applyMetadata(place, metadata, 'other')
}

async function writeContent(place: ByteString, content: AsyncIterable<Uint8Array>): Promise<void> {
  const fd = openSync(bytesOf(place), 'wx', 0o600)
  try {
    for await (const chunk of content) {
      for (let written = 0; written < chunk.byteLength; ) written += writeSync(fd, chunk, written)
    }
  } finally {
    closeSync(fd)
  }
}
