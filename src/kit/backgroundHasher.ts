import { createHash } from 'node:crypto'
import { parseDigest } from '../ground/digest.ts'
import type { Hasher } from './hashing.ts'
import { areThere, declare, invoke, invokeAsync } from './syscalls/libc.ts'

/*
 * Node takes a digest on the thread that asks for it, unless it has all bytes at once. The same code of OpenSSL's, as it
 * stands in Node's own program, goes on other threads too.
 */

const INIT = declare('SHA256_Init', ['void *'])
const UPDATE = declare('SHA256_Update', ['void *', 'void *', 'size_t'])
const FINAL = declare('SHA256_Final', ['void *', 'void *'])

/** `SHA256_CTX` has 112. */
const STATE_BYTES = 256
const DIGEST_BYTES = 32
/** What is shorter is done sooner than handed to another thread. */
const HANDED_BYTES = 64 * 1024
/** So many chunks wait for the other thread at most. */
const IN_FLIGHT = 2

/** Chunks that a background hasher still reads when it asks for the next: the one that it has passed on last, and those before it. */
export const HASHED_CHUNKS = IN_FLIGHT + 1

/**
 * As `createHasher`, beside what is done with the chunks meanwhile: so each has to stay as it is until as many as
 * `HASHED_CHUNKS` more were asked for. `pass` ends, or stops, when nothing of them is read any more.
 */
export function createBackgroundHasher(): Hasher {
  const hash = areThere([INIT, UPDATE, FINAL]) ? createThreadedHash() : createPlainHash()
  let sizeBytes = 0
  return {
    async *pass(chunks) {
      const reading: Promise<void>[] = []
      try {
        for await (const chunk of chunks) {
          if (reading.length === IN_FLIGHT) await reading.shift()
          const done = hash.update(chunk)
          done.catch(() => undefined) // it is awaited in its turn
          reading.push(done)
          sizeBytes += chunk.byteLength
          yield chunk
        }
        for (const done of reading.splice(0)) await done
      } finally {
        await Promise.allSettled(reading)
      }
    },
    result: () => ({ digest: parseDigest(`sha256:${hash.hex()}`), sizeBytes }),
  }
}

interface OrderedHash {
  /** Resolves when `bytes` are read; in the order of the calls. */
  update(bytes: Uint8Array): Promise<void>
  /** Of all updates that are done. */
  hex(): string
}

function createThreadedHash(): OrderedHash {
  const state = Buffer.allocUnsafeSlow(STATE_BYTES) // memory that the collector does not move
  check(invoke(INIT, [state]))
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  const run = async (bytes: Uint8Array, before: Promise<void>): Promise<void> => {
    await before
    check((await invokeAsync(UPDATE, [state, bytes, bytes.byteLength])).result)
    waiting -= 1
  }
  return {
    async update(bytes) {
      if (waiting === 0 && bytes.byteLength < HANDED_BYTES) {
        check(invoke(UPDATE, [state, bytes, bytes.byteLength]))
        return
      }
      waiting += 1
      last = run(bytes, last)
      await last
    },
    hex() {
      const digest = Buffer.alloc(DIGEST_BYTES)
      check(invoke(FINAL, [digest, Buffer.from(state)])) // of a copy: more may come
      return digest.toString('hex')
    },
  }
}

function createPlainHash(): OrderedHash {
  const hash = createHash('sha256')
  return { update: async (bytes) => void hash.update(bytes), hex: () => hash.copy().digest('hex') }
}

function check(result: number): void {
  if (result !== 1) throw new Error('OpenSSL takes no digest')
}
