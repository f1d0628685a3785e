import type { Digest } from '../../ground/digest.ts'
import type { BegunBlob, Registry, Repository, UploadBlob, UploadOutcome } from '../../registry/registry.ts'
import type { FollowBlob } from '../layerPacker.ts'

/**
 * Sends layers to a registry while they are packed. Nothing of them is seen there before `finish`; what fails here is
 * pushed as any other blob is, so this may fail silently. Disposing gives up what was not finished.
 */
export interface EarlyPush extends AsyncDisposable {
  readonly follow: FollowBlob
  /** Undefined where nothing was sent, or not all of it, or it was sent elsewhere. */
  finish(repository: Repository, blob: Pick<UploadBlob, 'descriptor' | 'onProgress'>, signal: AbortSignal): Promise<UploadOutcome | undefined>
}

/** What is smaller is sent in a moment, and may be there already. */
const WORTH_SENDING_BYTES = 8 * 1024 * 1024
/** Connections to one registry are few, and base images come over them, too. */
const MAX_AT_ONCE = 2

export function createEarlyPush(registry: Registry, target: Repository, signal: AbortSignal): EarlyPush {
  const stop = new AbortController()
  const inner = AbortSignal.any([signal, stop.signal])
  const repository = { host: target.host, repository: target.repository }
  const begun = new Map<Digest, Promise<BegunBlob | undefined>>()
  const all: Promise<BegunBlob | undefined>[] = []
  let count = 0

  async function begin(open: Parameters<FollowBlob>[0]): Promise<BegunBlob | undefined> {
    if (count === MAX_AT_ONCE || !(await isWorthSending(open(inner)))) return undefined
    if (count === MAX_AT_ONCE) return undefined // others have begun meanwhile
    count += 1
    return registry.beginBlob(repository, open, signal)
  }

  return {
    follow(open) {
      const beginning = begin(open).catch(() => undefined)
      all.push(beginning)
      return ({ digest }) => void begun.set(digest, beginning)
    },
    async finish({ host, repository: name }, blob, inner) {
      const { digest } = blob.descriptor
      const upload = host === repository.host && name === repository.repository ? await begun.get(digest) : undefined
      if (upload === undefined) return undefined
      begun.delete(digest)
      try {
        return await upload.commit(blob)
      } catch {
        inner.throwIfAborted()
        return undefined
      } finally {
        await upload[Symbol.asyncDispose]()
        count -= 1
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('nothing more is pushed'))
      for (const beginning of all) await (await beginning)?.[Symbol.asyncDispose]()
    },
  }
}

async function isWorthSending(bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
  let madeBytes = 0
  for await (const { byteLength } of bytes) {
    madeBytes += byteLength
    if (madeBytes >= WORTH_SENDING_BYTES) return true
  }
  return false
}
