import { randomFillSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const KIB = 1024
const BLOCK = 64 * KIB

/** Bytes as images have them, on the whole: every other block of 64 KiB is random, and the others compress well. New ones at each call. */
export function mixedBytes(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes, 'the quick brown fox jumps over the lazy dog, again and again\n')
  for (let start = 0; start < sizeBytes; start += 2 * BLOCK) randomFillSync(bytes, start, Math.min(BLOCK, sizeBytes - start))
  return bytes
}

/** Writes `count` files of `fileBytes` each below `folder`, a hundred to a folder, with bytes that compress by half. */
export function writeFiles(folder: string, count: number, fileBytes: number): void {
  const source = mixedBytes(64 * BLOCK)
  for (let file = 0; file < count; file += 1) {
    const inside = join(folder, `d${Math.floor(file / 100)}`)
    if (file % 100 === 0) mkdirSync(inside, { recursive: true })
    const start = (file * 7919 * KIB) % Math.max(1, source.byteLength - fileBytes)
    writeFileSync(join(inside, `f${file}`), Buffer.concat([Buffer.from(`${file}\n`), source.subarray(start, start + fileBytes)]))
  }
}

export function writeDockerfile(folder: string, ...lines: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`)
}
