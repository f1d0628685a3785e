import { createHash, type Hash } from 'node:crypto'
import { areThere, declare, invoke, invokeAsync } from '../syscalls/libc.ts'

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

/** A sha256 that is taken while its caller goes on. */
export interface BackgroundHash {
  /** Resolves when `bytes` are read, which must not change until then; in the order of the calls. */
  update(bytes: Uint8Array): Promise<void>
  /** Of all updates that are done; more may come. */
  hex(): string
  /** Of these. */
  sizeBytes(): number
}

export function createBackgroundHash(): BackgroundHash {
  return areThere([INIT, UPDATE, FINAL]) ? createThreadedHash() : createPlainHash(createHash('sha256'))
}

function createThreadedHash(): BackgroundHash {
  const state = Buffer.allocUnsafeSlow(STATE_BYTES) // memory that the collector does not move
  check(invoke(INIT, [state]))
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  let sizeBytes = 0
  const run = async (bytes: Uint8Array, before: Promise<void>): Promise<void> => {
    await before
    check((await invokeAsync(UPDATE, [state, bytes, bytes.byteLength])).result)
    waiting -= 1
    sizeBytes += bytes.byteLength // only now, so that nobody collects them meanwhile
  }
  return {
    async update(bytes) {
      if (waiting === 0 && bytes.byteLength < HANDED_BYTES) {
        check(invoke(UPDATE, [state, bytes, bytes.byteLength]))
        sizeBytes += bytes.byteLength
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
    sizeBytes: () => sizeBytes,
  }
}

function createPlainHash(hash: Hash): BackgroundHash {
  let sizeBytes = 0
  return {
    async update(bytes) {
      hash.update(bytes)
      sizeBytes += bytes.byteLength
    },
    hex: () => hash.copy().digest('hex'),
    sizeBytes: () => sizeBytes,
  }
}

function check(result: number): void {
  if (result !== 1) throw new Error('OpenSSL takes no digest')
}
