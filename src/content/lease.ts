import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseDigest, type Digest } from '../ground/digest.ts'
import { acquireLock, tryLock, type FileLock } from '../kit/files/fileLock.ts'
import { ifThere } from '../kit/files/ifThere.ts'

/*
 * A build names the blobs it uses in a file of its own under `leases/`, which it keeps locked while it lives: a lease
 * ends with its process, however that ends. The file's name begins with the time at which the build began. To open a
 * lease or to name a blob one holds `leases/lock` shared, to remove blobs exclusively; so whoever has named a blob and
 * then finds it may rely on it.
 */

/** Blobs that no process removes while this is open. */
export interface ContentLease extends AsyncDisposable {
  /** First protect, then look whether they are there. Absent blobs may be named: once ingested they are safe too. */
  protect(digests: Iterable<Digest>, signal: AbortSignal): Promise<void>
}

/** The leases of a store that several processes share. */
export interface ContentLeases {
  open(signal: AbortSignal): Promise<ContentLease>
  /** Runs `work` while no lease can open or grow, with all that is leased. Keep it short: builds wait for it. */
  exclusively<T>(work: (leased: Leased) => Promise<T>, signal: AbortSignal): Promise<T>
  /** Removes what dead processes left. */
  sweep(signal: AbortSignal): Promise<void>
}

/** What leases that are open speak of. */
export interface Leased {
  readonly digests: ReadonlySet<Digest>
  /** When the oldest of them was opened, in milliseconds since the epoch; Infinity where none is. */
  readonly openSince: number
}

const LOCK_NAME = 'lock'

/** `storeFolder` is that of `openFileStore`. */
export function createFileLeases(storeFolder: string, now: () => number = Date.now): ContentLeases {
  const folder = join(storeFolder, 'leases')
  const gate = join(folder, LOCK_NAME)
  const leases: ContentLeases = {
    async open(signal) {
      signal.throwIfAborted()
      mkdirSync(folder, { recursive: true }) // at once, as what is named is written: each build does both, and waits
      await using _shared = await acquireLock(gate, 'shared', signal)
      return createLease(takeFile(folder, now()), gate)
    },
    async exclusively(work, signal) {
      await mkdir(folder, { recursive: true })
      await using lock = await acquireLock(gate, 'exclusive', signal)
      return await work(await readLeased(lock.path, folder))
    },
    sweep: (signal) => leases.exclusively(async () => undefined, signal), // to count the living is to bury the dead
  }
  return leases
}

function createLease(file: FileLock, gate: string): ContentLease {
  return {
    async protect(digests, signal) {
      const lines = [...digests].map((digest) => `${digest}\n`).join('')
      const lock = await acquireLock(gate, 'shared', signal)
      try {
        appendFileSync(file.path, lines)
      } finally {
        await lock[Symbol.asyncDispose]()
      }
    },
    async [Symbol.asyncDispose]() {
      file.remove()
    },
  }
}

function takeFile(folder: string, openedAt: number): FileLock {
  for (;;) {
    const file = tryLock(join(folder, `${openedAt}-${randomUUID()}`), 'exclusive')
    if (file !== undefined) return file // else whoever prunes took it for that of a process that is gone
  }
}

/** Takes away the files of processes that are gone. */
async function readLeased(gate: string, folder: string): Promise<Leased> {
  const digests = new Set<Digest>()
  let openSince = Infinity
  for (const path of (await readdir(folder)).map((name) => join(folder, name)).filter((path) => path !== gate)) {
    const abandoned = tryLock(path, 'exclusive')
    if (abandoned !== undefined) {
      abandoned.remove()
      continue
    }
    const named = await ifThere(readFile(path, 'utf8'))
    if (named === undefined) continue // it ended between the two looks
    openSince = Math.min(openSince, Number.parseInt(basename(path), 10))
    for (const line of named.split('\n').slice(0, -1)) digests.add(parseDigest(line))
  }
  return { digests, openSince }
}
