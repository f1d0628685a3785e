import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readTar } from '../../archive/tarReader.ts'
import { pathOf } from './layerDifference.ts'

/** Where two files of one path part. */
export interface ContentDifference {
  /** Of the first byte that differs; the length of the shorter one where that is how the longer one begins. */
  readonly offset: number
  /** What each has there, in hexadecimal; '' at its end. */
  readonly first: string
  readonly second: string
  /** How the first file begins, in hexadecimal: tells what kind of file it is. */
  readonly head: string
}

const SHOWN_BYTES = 16

export interface ContentPlace {
  /** Opens the uncompressed layers. */
  readonly layers: readonly [() => AsyncIterable<Uint8Array>, () => AsyncIterable<Uint8Array>]
  /** Folder for copies of the files; they stay there. */
  readonly scratch: string
}

/** Where the files of `paths`, which differ, part: by path. The files go by way of the disk. */
export async function locateDifferences(paths: ReadonlySet<string>, { layers, scratch }: ContentPlace, signal: AbortSignal): Promise<ReadonlyMap<string, ContentDifference>> {
  const [first, second] = [await copyFiles(paths, layers[0](), join(scratch, 'first')), await copyFiles(paths, layers[1](), join(scratch, 'second'))]
  const found = new Map<string, ContentDifference>()
  for (const path of paths) {
    const [a, b] = [first.get(path), second.get(path)]
    if (a !== undefined && b !== undefined) found.set(path, await locate(a, b, signal))
  }
  return found
}

/** Where each of `paths` was copied to. */
async function copyFiles(paths: ReadonlySet<string>, layer: AsyncIterable<Uint8Array>, prefix: string): Promise<ReadonlyMap<string, string>> {
  const copies = new Map<string, string>()
  for await (const { header, content } of readTar(layer)) {
    const path = pathOf(header.path)
    if (header.kind !== 'file' || !paths.has(path)) continue
    const copy = `${prefix}-${copies.size}`
    await pipeline(Readable.from(content), createWriteStream(copy))
    copies.set(path, copy)
  }
  return copies
}

async function locate(first: string, second: string, signal: AbortSignal): Promise<ContentDifference> {
  const offset = await firstDifference(first, second, signal)
  return { offset, first: await readHex(first, offset), second: await readHex(second, offset), head: await readHex(first, 0) }
}

async function firstDifference(first: string, second: string, signal: AbortSignal): Promise<number> {
  let offset = 0
  const others = (createReadStream(second, { signal }) as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(first, { signal }) as AsyncIterable<Buffer>) {
    while (rest.byteLength < chunk.byteLength) {
      const next = await others.next()
      if (next.done === true) break
      rest = Buffer.concat([rest, next.value])
    }
    const shared = Math.min(chunk.byteLength, rest.byteLength)
    if (chunk.compare(rest, 0, shared, 0, shared) !== 0) return offset + chunk.findIndex((byte, index) => byte !== rest[index])
    offset += shared
    if (shared < chunk.byteLength) return offset
    rest = rest.subarray(shared)
  }
  return offset
}

async function readHex(file: string, offset: number): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(file, { start: offset, end: offset + SHOWN_BYTES - 1 }) as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('hex')
}
