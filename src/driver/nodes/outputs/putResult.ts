import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { TarEntry } from '../../../archive/tar.ts'
import { writeTar } from '../../../archive/tarWriter.ts'
import type { OutputDestination } from '../../driver.ts'

/** Puts what was merged to where the user wants it; a file appears when it is whole. */
export async function putEntries(entries: AsyncIterable<TarEntry> | Iterable<TarEntry>, destination: OutputDestination, stdout: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  switch (destination.kind) {
    case 'file':
      await whole(destination.path, (path) => pipeline(writeTar(entries), createWriteStream(path, { flush: true }), { signal }))
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
  await whole(path, (partial) => pipeline(content, createWriteStream(partial, { flush: true }), { signal }))
}

async function whole(path: string, write: (partial: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const partial = `${path}.${process.pid}.partial`
  await (await open(partial, 'wx')).close() // never through a link that lies there
  try {
    await write(partial)
    await rename(partial, path)
  } finally {
    await rm(partial, { force: true })
  }
}
