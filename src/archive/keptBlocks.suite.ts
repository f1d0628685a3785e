import { digestOf } from '../ground/digest.ts'
import { asByteString } from '../kit/byteString.ts'
import type { KeptBlock, KeptBlocks } from './keptBlocks.ts'
import type { TarEntry } from './tar.ts'
import { writeTar } from './tarWriter.ts'

/** Blocks that stay in memory. */
export function rememberBlocks(): KeptBlocks & { packed(): number } {
  const blocks = new Map<string, KeptBlock>()
  let packed = 0
  return {
    nameOf: digestOf,
    async find(name) {
      const found = blocks.get(name)
      if (found === undefined) packed += 1
      return found
    },
    note: ({ name, packed: bytes, checksum }) => void blocks.set(name, { packed: Buffer.from(bytes), checksum }),
    /** How often a block was asked for in vain. */
    packed: () => packed,
  }
}

export interface TarChange {
  /** The number of a file that has other content. */
  readonly changed?: number
  /** The number of a file that is left out. */
  readonly without?: number
}

/** An archive of `files` files of different sizes, half of it random by `seed`. */
export async function madeTar(files: number, seed: number, { changed, without }: TarChange = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of writeTar(entries())) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)

  function* entries(): Generator<TarEntry> {
    for (let file = 0; file < files; file += 1) {
      if (file !== without) yield fileEntry(`folder${file % 7}/file${file}`, contentOf(file, file === changed ? seed + 1 : seed))
    }
  }
}

/** One in sixteen files is some sixty kilobytes long, one in 197 more than a block. */
function contentOf(file: number, seed: number): Buffer {
  const length = file % 197 === 96 ? 1_100_000 : file % 16 === 0 ? 60_000 + file : 500 + ((file * 7919) % 9_000)
  const content = Buffer.alloc(length, `line of file ${file}, seed ${seed};`)
  let state = (seed * 1_000_003 + file + 1) >>> 0
  for (let at = 0; at < length / 2; at += 1) content[at] = (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24
  return content
}

function fileEntry(path: string, content: Buffer): TarEntry {
  const fixed = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, deviceMajor: 0, deviceMinor: 0, xattrs: new Map<string, Uint8Array>(), linkTarget: asByteString('') }
  return { header: { kind: 'file', path: asByteString(path), sizeBytes: content.byteLength, ...fixed }, content: once(content) }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}
