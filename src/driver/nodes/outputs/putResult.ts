import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { TarEntry } from '../../../archive/tar.ts'
import { writeTar } from '../../../archive/tarWriter.ts'
import type { OutputDestination } from '../../driver.ts'
import { writeFile } from '../../session/outputSink.ts'

/** Puts what was merged to where the user wants it; a file appears when it is whole. */
export async function putEntries(entries: AsyncIterable<TarEntry> | Iterable<TarEntry>, destination: OutputDestination, stdout: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  switch (destination.kind) {
    case 'file':
      await writeFile(destination.path, whileWanted(writeTar(entries), signal))
      break
    case 'stdout':
      await pipeline(writeTar(entries), stdout, { signal, end: false })
      break
    case 'folder':
      for await (const { header, content } of entries) await putEntry(join(destination.path, header.path), header.kind, content, signal)
      break
    case 'taker':
      await destination.take(writeTar(entries), signal)
      break
    case 'program':
    case 'none':
      throw new TypeError(`what was merged does not go to a destination of kind ${destination.kind}`)
  }
}

/** Of a layout that was made here: its names are plain. */
async function putEntry(path: string, kind: TarEntry['header']['kind'], content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  if (kind === 'folder') {
    await mkdir(path, { recursive: true })
    return
  }
  await writeFile(path, whileWanted(content, signal))
}

async function* whileWanted(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    signal.throwIfAborted()
    yield chunk
  }
  signal.throwIfAborted()
}
