import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { passingBuffer } from '../../kit/process/passingBuffer.ts'
import { createGrowingList } from '../../kit/streams/growingList.ts'
import { IngestLostError } from '../contentStore.ts'
import { codeOf, makeCodeKey, openCodeKey, type CodeKey } from './messageCode.ts'

/** A file that is read while it is written; see `Ingest.follow`. */
export interface FollowedFile {
  /** `chunk` stands behind what was noted before. */
  note(chunk: Uint8Array): void
  /** To be told before it is there. */
  moveTo(path: string): void
  /** The first end counts. */
  end(how: 'whole' | 'given-up'): void
  readonly read: (signal: AbortSignal) => AsyncGenerator<Uint8Array>
}

interface Piece {
  readonly position: number
  readonly sizeBytes: number
  /** Of the bytes as they were handed over: what the disk makes of them must not go out. */
  readonly code: string
}

export function createFollowedFile(startPath: string): FollowedFile {
  const pieces = createGrowingList<Piece>()
  const key = openCodeKey(makeCodeKey())
  let paths = [startPath]
  let position = 0
  return {
    note(chunk) {
      pieces.push({ position, sizeBytes: chunk.byteLength, code: codeOf(key, chunk) })
      position += chunk.byteLength
    },
    moveTo: (path) => void (paths = [startPath, path]),
    end: (how) => pieces.end(how === 'whole' ? undefined : new IngestLostError('a blob that is being made was given up')),
    async *read(signal) {
      await using file = await openAny(() => paths)
      for await (const piece of pieces.read(signal)) yield await readPiece(file, piece, key)
    },
  }
}

async function openAny(paths: () => readonly string[]): Promise<FileHandle> {
  for (let at = 0; ; at += 1) {
    const path = paths()[at]
    if (path === undefined) throw new IngestLostError('a blob that is being made is gone')
    try {
      return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}

async function readPiece(file: FileHandle, { position, sizeBytes, code }: Piece, key: CodeKey): Promise<Uint8Array> {
  const bytes = passingBuffer(sizeBytes)
  for (let filled = 0; filled < sizeBytes; ) {
    const { bytesRead } = await file.read(bytes, filled, sizeBytes - filled, position + filled)
    if (bytesRead === 0) throw new IngestLostError('a blob that is being made became shorter')
    filled += bytesRead
  }
  if (codeOf(key, bytes) !== code) throw new IngestLostError('a blob that is being made is not what was written')
  return bytes
}
