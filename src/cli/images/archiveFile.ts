import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { CommandContext } from '../command.ts'

/** Writes a stream of bytes to a file, which appears when it is whole, or to stdout. */
export async function writeArchive(bytes: AsyncIterable<Uint8Array>, path: string | undefined, context: CommandContext, signal: AbortSignal): Promise<void> {
  if (path === undefined) {
    await pipeline(bytes, context.stdout, { signal, end: false })
    return
  }
  const target = resolve(context.workingFolder, path)
  const partial = `${target}.${process.pid}.partial`
  try {
    await pipeline(bytes, createWriteStream(partial, { flush: true }), { signal })
    await rename(partial, target)
  } finally {
    await rm(partial, { force: true })
  }
}

/** The bytes of a stream of messages. */
export async function* bytesOf(messages: AsyncIterable<{ readonly data: Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const { data } of messages) yield data
}

/** The bytes of a file, or of stdin. */
export function readArchive(path: string | undefined, context: CommandContext): AsyncIterable<Uint8Array> {
  if (path === undefined || path === '-') return context.openStdin()
  return createReadStream(resolve(context.workingFolder, path), { highWaterMark: CHUNK_BYTES })
}

const CHUNK_BYTES = 256 * 1024
