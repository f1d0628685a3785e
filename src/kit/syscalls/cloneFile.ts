import { closeSync, constants, fstatSync, ftruncateSync, openSync, read as readCallback, write as writeCallback } from 'node:fs'
import { promisify } from 'node:util'
import { createDropBehind } from '../files/dropBehind.ts'
import { createEarlyWriteback } from '../files/earlyWriteback.ts'
import type { TrailingCalls } from '../files/trailingCalls.ts'
import { lendBuffers } from '../streams/chunkBuffers.ts'
import { seekSparse } from '../syscalls.ts'
import { call, callAsync, declare, SyscallError, type BytePath } from './libc.ts'

const read = promisify(readCallback)
const write = promisify(writeCallback)

const IOCTL = declare('ioctl', ['int', 'ulong', 'int'])
const COPY_FILE_RANGE = declare('copy_file_range', ['int', 'void *', 'int', 'void *', 'size_t', 'uint'], 'long')
const FICLONE = 0x40049409

/** Smaller copies are over sooner than a thread would be woken. */
const SYNC_BOUND_BYTES = 1 << 20
/** One call's share of a long copy, so that an abort is heard, and who follows it has what was copied still in the processor's cache. */
const CHUNK_BYTES = 16 << 20

/** The copy has so many bytes, from its start on; the next are copied once it resolves. */
export type OnCopied = (copiedBytes: number) => Promise<void>

/**
 * A new file at `target` (mode 0600, owner the caller) with the content of the regular file `source`: sharing its
 * blocks where the file system can, else copied inside the kernel, else through memory; holes stay holes. Neither end
 * may be a symbolic link. On failure a partial `target` is left to the caller. What is not shared is told to `onCopied`,
 * and a very large source does not stay in memory for it.
 * @throws the errors of `open` (EEXIST, ELOOP); SyscallError
 */
export async function cloneFile(source: BytePath, target: BytePath, signal: AbortSignal, onCopied: OnCopied = async () => undefined): Promise<void> {
  const from = openSync(asPath(source), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const to = openSync(asPath(target), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
    try {
      if (!tryReflink(from, to)) await copyContent({ from, to, onCopied }, signal)
    } finally {
      closeSync(to)
    }
  } finally {
    closeSync(from)
  }
}

/** Makes `to` share all blocks of `from`; false where the file systems cannot. @throws SyscallError */
export function tryReflink(from: number, to: number): boolean {
  return succeeds(() => call(IOCTL, [to, FICLONE, from], { syscall: 'ioctl FICLONE', path: '' }))
}

interface Copy {
  readonly from: number
  readonly to: number
  readonly onCopied: OnCopied
}

async function copyContent(copy: Copy, signal: AbortSignal): Promise<void> {
  const { from, to } = copy
  const { size, blocks } = fstatSync(from)
  await using writeback = createEarlyWriteback(to)
  await using dropBehind = createDropBehind(from, size)
  const isSparse = blocks * 512 < size
  let offset = 0
  while (offset < size) {
    const start = isSparse ? seekSparse(from, offset, 'data') : offset
    if (start === undefined) break
    const end = isSparse ? (seekSparse(from, start, 'hole') ?? size) : size
    await copyRange({ ...copy, writeback, dropBehind, start, end }, signal)
    offset = end
  }
  if (isSparse) ftruncateSync(to, size)
}

interface Range extends Copy {
  readonly writeback: TrailingCalls
  readonly dropBehind: TrailingCalls
  readonly start: number
  readonly end: number
}

async function copyRange(range: Range, signal: AbortSignal): Promise<void> {
  const { start, end } = range
  for (let offset = start; offset < end; ) {
    signal.throwIfAborted()
    const copied = await copyInKernel({ ...range, start: offset, end: Math.min(end, offset + CHUNK_BYTES) })
    if (copied === undefined) return copyThroughMemory({ ...range, start: offset }, signal)
    if (copied === 0) return // the file has become shorter
    offset += copied
    await tellCopied(range, offset)
  }
}

/** Undefined where the kernel does not copy between these two. */
async function copyInKernel({ from, to, start, end }: Range): Promise<number | undefined> {
  const values = [from, offsetBytes(start), to, offsetBytes(start), end - start, 0]
  const site = { syscall: 'copy_file_range', path: '' }
  try {
    return end - start <= SYNC_BOUND_BYTES ? call(COPY_FILE_RANGE, values, site) : await callAsync(COPY_FILE_RANGE, values, site)
  } catch (error) {
    if (isUnsupported(error)) return undefined
    throw error
  }
}

async function tellCopied({ writeback, dropBehind, onCopied }: Range, copiedBytes: number): Promise<void> {
  writeback.note(copiedBytes)
  dropBehind.note(copiedBytes)
  await onCopied(copiedBytes)
}

async function copyThroughMemory(range: Range, signal: AbortSignal): Promise<void> {
  const { from, to, start, end } = range
  using lent = lendBuffers()
  const buffer = lent.take(SYNC_BOUND_BYTES)
  for (let offset = start; offset < end; ) {
    signal.throwIfAborted()
    const { bytesRead } = await read(from, buffer, 0, Math.min(buffer.byteLength, end - offset), offset)
    if (bytesRead === 0) return
    for (let written = 0; written < bytesRead; ) {
      written += (await write(to, buffer, written, bytesRead - written, offset + written)).bytesWritten
    }
    offset += bytesRead
    await tellCopied(range, offset)
  }
}

function offsetBytes(offset: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(offset))
  return bytes
}

function succeeds(action: () => unknown): boolean {
  try {
    action()
    return true
  } catch (error) {
    if (isUnsupported(error)) return false
    throw error
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof SyscallError && UNSUPPORTED.has(error.code)
}

/** What the kernel and its file systems answer where they do not know a call, or not between these two files. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOTTY', 'EXDEV', 'EINVAL', 'ENOSYS', 'EPERM', 'ETXTBSY'])

function asPath(path: BytePath): string | Buffer {
  return typeof path === 'string' ? path : Buffer.from(path.buffer, path.byteOffset, path.byteLength)
}
