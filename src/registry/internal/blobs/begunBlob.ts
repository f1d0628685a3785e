import type { BegunBlob, Repository, UploadOutcome } from '../../registry.ts'
import type { Lesson } from '../../lessons.ts'
import { RegistryRefusedError, UnsupportedImageError } from '../../registryError.ts'
import { isBlobThere } from './blobPresence.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Requester } from '../requester.ts'
import { pushScope } from '../scope.ts'
import { countedBody } from './uploadBody.ts'
import { EMPTY_BODY, finishUpload, readSession, send, startSession, withDigest, type UploadPlace, type UploadSession } from './uploadSession.ts'

/*
 * A blob is sent while it is made by a session, one PATCH of unknown length, and a PUT that tells the digest: as dockerd
 * itself pushes, so registries know it. One that does not is not asked again.
 */

interface Beginning {
  readonly open: (signal: AbortSignal) => AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
}

interface Sent {
  readonly place: UploadPlace
  readonly session: UploadSession
}

export function beginBlob(requester: Requester, repository: Repository, { open, signal }: Beginning): BegunBlob {
  const stop = new AbortController()
  const inner = AbortSignal.any([signal, stop.signal])
  let sentBytes = 0
  let tell = (_sentBytes: number): void => undefined
  const body = { open: () => open(inner), onProgress: (bytes: number) => tell((sentBytes = bytes)) }
  let begun: Sent | undefined
  const sending = (async (): Promise<Sent> => {
    begun = await startAt(requester, repository, inner)
    return (begun = { ...begun, session: await patchStream(begun, countedBody(body).open) })
  })()
  sending.catch(() => undefined) // it is awaited in `commit`, or given up
  let isDone = false
  return {
    async commit({ descriptor, onProgress }): Promise<UploadOutcome> {
      onProgress(sentBytes)
      tell = onProgress
      if (begun !== undefined && descriptor.sizeBytes - sentBytes > WORTH_ASKING_BYTES && (await isThere(begun.place, descriptor.digest))) return 'present'
      const { place, session } = await sending
      await learning(place, async () => finishUpload({ ...place, blob: { descriptor } }, await send(place, { method: 'PUT', target: withDigest(session.location, { descriptor }), headers: EMPTY_BODY })))
      isDone = true
      return 'uploaded'
    },
    async [Symbol.asyncDispose]() {
      if (isDone) return
      isDone = true
      stop.abort(new Error('the upload was given up'))
      await sending.catch(() => undefined)
      if (begun !== undefined) await cancel({ ...begun, place: { ...begun.place, signal: AbortSignal.timeout(CANCEL_MS) } }) // after an interrupt, too
    },
  }
}

/** What is left to be sent takes longer than to ask whether it has to be. */
const WORTH_ASKING_BYTES = 8 * 1024 * 1024

/** What such a registry has taught speaks against a stream. */
const LESSONS: readonly Lesson[] = ['refuses-streams', 'uploads-by-post', 'uploads-in-chunks']

async function startAt(requester: Requester, repository: Repository, signal: AbortSignal): Promise<Sent> {
  const subject = `${repository.host}/${repository.repository}`
  return await requester.askOrigin(repository.host, async (endpoint: Endpoint) => {
    const lesson = LESSONS.find((known) => requester.lessons.has(endpoint.host, known))
    if (lesson !== undefined) throw new UnsupportedImageError(subject, `the registry ${lesson}`)
    const place = { requester, endpoint, repository, subject, signal }
    return { place, session: await startSession(place) }
  }, signal)
}

async function patchStream({ place, session }: Sent, openBody: () => AsyncIterable<Uint8Array>): Promise<UploadSession> {
  const headers = new Map([['content-type', 'application/octet-stream']])
  return await learning(place, async () => readSession(place, await send(place, { method: 'PATCH', target: session.location, headers, openBody })))
}

async function learning<T>({ requester, endpoint }: UploadPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RegistryRefusedError) requester.lessons.learn(endpoint.host, 'refuses-streams')
    throw error
  }
}

async function isThere({ requester, endpoint, repository, signal }: UploadPlace, digest: Parameters<typeof isBlobThere>[1]['digest']): Promise<boolean> {
  return await isBlobThere(requester, { endpoint, repository, digest, scope: pushScope(repository) }, signal)
}

/** An interrupted build waits so long at most. */
const CANCEL_MS = 2_000

/** OCI distribution-spec has no word on it, but registries do what Docker's own does. Whatever comes of it, the registry forgets the session some day. */
async function cancel({ place, session }: Sent): Promise<void> {
  try {
    const response = await send(place, { method: 'DELETE', target: session.location, headers: EMPTY_BODY })
    await response.discard()
  } catch {
    // nobody waits for it
  }
}
