import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** So much is held in memory and shown; what is longer goes to a file. */
const MEMORY_BYTES = 256 * 1024
/** Of what is longer, so much of the end is shown. */
const TAIL_BYTES = 64 * 1024
/** A program that writes without end is not to fill the disk. */
const FILE_BYTES = 64 * 1024 * 1024

/** What a program has printed, both streams as they came. */
export interface RecordedOutput {
  /** All of it, or its end where `file` has all. */
  readonly text: string
  readonly sizeBytes: number
  /** Undefined where `text` is all. */
  readonly file: string | undefined
}

/** Takes output of any length. Disposing it removes its file, where it was not kept. */
export interface OutputRecord extends AsyncDisposable {
  append(chunk: Uint8Array): Promise<void>
  /** The file stays where there is one, for its user to remove. */
  keep(): Promise<RecordedOutput>
}

/** `name` tells its file from others; `parent` is where that would be. */
export function createOutputRecord(name: string, parent: string = tmpdir()): OutputRecord {
  let chunks: Uint8Array[] = []
  let heldBytes = 0
  let sizeBytes = 0
  let spool: { readonly path: string; readonly handle: FileHandle } | undefined
  let isKept = false

  const spill = async (): Promise<void> => {
    const path = join(await mkdtemp(join(parent, 'pelago-test-')), `${name.replace(/[^\w.-]+/g, '-')}.log`)
    spool = { path, handle: await open(path, 'wx', 0o600) }
    for (const chunk of chunks) await spool.handle.write(chunk)
  }
  const trim = (): void => {
    while (heldBytes - (chunks[0]?.byteLength ?? 0) >= TAIL_BYTES) heldBytes -= chunks.shift()?.byteLength ?? 0
  }
  return {
    async append(chunk) {
      const isSpilt = spool !== undefined
      chunks.push(chunk)
      heldBytes += chunk.byteLength
      sizeBytes += chunk.byteLength
      if (!isSpilt && heldBytes > MEMORY_BYTES) await spill()
      else if (spool !== undefined && sizeBytes <= FILE_BYTES) await spool.handle.write(chunk)
      if (spool !== undefined) trim()
    },
    async keep() {
      isKept = true
      await spool?.handle.close()
      const text = Buffer.concat(chunks).toString()
      chunks = []
      return { text: spool === undefined ? text : text.slice(-TAIL_BYTES).replace(/^[^\n]*\n/, ''), sizeBytes, file: spool?.path }
    },
    async [Symbol.asyncDispose]() {
      if (isKept || spool === undefined) return
      await spool.handle.close()
      await rm(dirname(spool.path), { recursive: true, force: true })
    },
  }
}
