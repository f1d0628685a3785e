import { create, toBinary } from '@bufbuild/protobuf'
import { constants, open, type FileHandle } from 'node:fs/promises'
import { BytesMessageSchema } from '../../api/gen/filesync_pb.ts'
import type { ClientCall } from '../../api/grpc/clientCall.ts'
import { GRPC, GrpcStatusError } from '../../api/grpc/status.ts'
import { parseLentFile, type LentFile } from '../../api/lentFile.ts'
import { BuildError } from '../../ground/errors.ts'

/** Go's clients send as much in one message of an archive, and take 16 MiB. */
const MAX_CHUNK_BYTES = 3 * 1024 * 1024

/** Gives a client an archive by `FileSend.DiffCopy`: into the file that it lends, where it was asked for one, else as messages. A client that has the bytes already says ALREADY_EXISTS, and is content. */
export async function sendArchive(call: ClientCall, bytes: AsyncIterable<Uint8Array>, hasAskedForFile: boolean): Promise<void> {
  try {
    await using file = hasAskedForFile ? await openLentFile(await readAnswer(call)) : undefined
    if (file === undefined) await sendMessages(call, bytes)
    else await writeAll(file, bytes)
    await call.finish()
  } catch (error) {
    if (!(error instanceof GrpcStatusError) || error.status.code !== GRPC.alreadyExists) throw error
  }
}

async function sendMessages(call: ClientCall, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) {
    for (let start = 0; start < chunk.byteLength; start += MAX_CHUNK_BYTES) {
      await call.send(toBinary(BytesMessageSchema, create(BytesMessageSchema, { data: chunk.subarray(start, start + MAX_CHUNK_BYTES) })))
    }
  }
}

async function readAnswer(call: ClientCall): Promise<LentFile | undefined> {
  for await (const message of call.messages) return parseLentFile(message)
  return undefined
}

/** Undefined where this process does not see the very file that the client has open. */
async function openLentFile(lent: LentFile | undefined): Promise<FileHandle | undefined> {
  if (lent === undefined) return undefined
  await using stack = new AsyncDisposableStack()
  try {
    const file = stack.use(await open(lent.path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
    const { dev, ino } = await file.stat({ bigint: true })
    if (String(dev) !== lent.device || String(ino) !== lent.inode) return undefined
    stack.move()
    return file
  } catch {
    return undefined // the client gets the bytes, and says itself what is wrong with its folder
  }
}

/** While one chunk is written the next is read. */
async function writeAll(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  let written: Promise<void> = Promise.resolve()
  try {
    for await (const chunk of bytes) {
      await written
      written = writeChunk(file, chunk)
      written.catch(() => undefined) // it is awaited in its turn
    }
  } finally {
    await written // the file is closed next
  }
}

async function writeChunk(file: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    await file.writeFile(chunk)
  } catch (error) {
    throw new ArchiveUnwritableError(error)
  }
}

/** The disk is full, or fails, on which the client wants its archive. */
export class ArchiveUnwritableError extends BuildError {
  readonly kind = 'unavailable'
  constructor(cause: unknown) {
    super(`the archive cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { hint: 'make room where the archive goes, or name another place', cause })
  }
}
