import type { Descriptor } from '../../../ground/oci/descriptor.ts'
import { createOrderlyEnd } from '../../../kit/orderlyEnd.ts'
import type { Lesson } from '../../lessons.ts'
import { RegistryRefusedError } from '../../registryError.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Requester } from '../requester.ts'
import { endingBody } from './uploadBody.ts'
import { EMPTY_BODY, finishUpload, readSession, send, withDigest, type UploadPlace, type UploadSession } from './uploadSession.ts'

/*
 * A blob as a session, one PATCH of a length that is not told, and a PUT that tells the digest: as dockerd itself pushes,
 * so registries know it. Such a body may end in good order at any byte. So an upload that is given up ends first, which
 * tells both sides how far it came, and is cancelled then: docker-registry cancels none that broke off.
 */

/** An upload that began with its making; disposing cancels what was not finished, in two seconds at most. */
export interface UploadStream extends AsyncDisposable {
  /** Undefined until its session has begun. */
  place(): UploadPlace | undefined
  /** Once all is sent, tells the registry what it is. @throws what the source threw; RegistryError; BlobCorruptError; the reason of an abort */
  finish(blob: { readonly descriptor: Descriptor }): Promise<void>
}

export interface BegunSession {
  /** With the signal that `start` was given. */
  readonly place: UploadPlace
  readonly session: UploadSession
}

export interface StreamSource {
  /** What `over` is aborted for is to be cut; `ending` says that nothing new is to be begun. */
  readonly start: (signals: { readonly over: AbortSignal; readonly ending: AbortSignal }) => Promise<BegunSession>
  /** May be called again. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Uint8Array>
  readonly onProgress: (sentBytes: number) => void
}

/** An interrupted build waits so long at most. */
const CANCEL_MS = 2_000

export function openUploadStream({ start, open, onProgress }: StreamSource, signal: AbortSignal): UploadStream {
  const end = createOrderlyEnd(signal, CANCEL_MS)
  const { ending, over } = end
  let begun: BegunSession | undefined
  const sending = (async (): Promise<BegunSession> => {
    begun = await start({ over, ending })
    const body = endingBody({ open: () => open(ending), onProgress }, ending)
    begun = { ...begun, session: await patchAll(begun, body.open) }
    ending.throwIfAborted()
    if (body.failure() !== undefined) throw body.failure()
    return begun
  })()
  sending.catch(() => undefined) // it is awaited in `finish`, or given up
  let isOver = false
  return {
    place: () => begun?.place,
    async finish(blob) {
      const { place, session } = await sending
      await learning(place, async () => finishUpload({ ...place, blob }, await send(place, { method: 'PUT', target: withDigest(session.location, blob), headers: EMPTY_BODY })))
      isOver = true
    },
    async [Symbol.asyncDispose]() {
      if (!isOver) {
        isOver = true
        end.end(new Error('the upload was given up'))
        await sending.catch(() => undefined)
        if (begun !== undefined) await cancel(begun)
      }
      end[Symbol.dispose]()
    },
  }
}

const LESSONS: readonly Lesson[] = ['refuses-streams', 'uploads-by-post', 'uploads-in-chunks']

/** What was learned of the registry that speaks against a stream. */
export function lessonAgainstStreams({ lessons }: Requester, { host }: Endpoint): Lesson | undefined {
  return LESSONS.find((known) => lessons.has(host, known))
}

async function patchAll({ place, session }: BegunSession, openBody: () => AsyncIterable<Uint8Array>): Promise<UploadSession> {
  const headers = new Map([['content-type', 'application/octet-stream']])
  return await learning(place, async () => readSession(place, await send(place, { method: 'PATCH', target: session.location, headers, openBody })))
}

async function learning<T>({ requester, endpoint, repository }: UploadPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    requester.notePause(repository.host, error)
    if (error instanceof RegistryRefusedError) requester.lessons.learn(endpoint.host, 'refuses-streams')
    throw error
  }
}

/** OCI distribution-spec has no word on it, but registries do what Docker's own does. Whatever comes of it, the registry forgets the session some day. */
async function cancel({ place, session }: BegunSession): Promise<void> {
  try {
    const response = await send(place, { method: 'DELETE', target: session.location, headers: EMPTY_BODY })
    await response.discard()
  } catch {
    // nobody waits for it
  }
}
