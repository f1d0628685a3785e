import type { BegunBlob, Repository, UploadOutcome } from '../../registry.ts'
import { UnsupportedImageError } from '../../registryError.ts'
import type { Requester } from '../requester.ts'
import { pushScope } from '../scope.ts'
import { isBlobThere } from './blobPresence.ts'
import { startSession, type UploadPlace } from './uploadSession.ts'
import { lessonAgainstStreams, openUploadStream, type BegunSession } from './uploadStream.ts'

interface Beginning {
  readonly open: (signal: AbortSignal) => AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
}

export function beginBlob(requester: Requester, repository: Repository, { open, signal }: Beginning): BegunBlob {
  let sentBytes = 0
  let tell = (_sentBytes: number): void => undefined
  const onProgress = (bytes: number): void => tell((sentBytes = bytes))
  const stream = openUploadStream({ start: ({ over, ending }) => startAt(requester, repository, { over, ending }), open, onProgress }, signal)
  return {
    async commit(blob): Promise<UploadOutcome> {
      blob.onProgress(sentBytes)
      tell = blob.onProgress
      const place = stream.place()
      if (place !== undefined && blob.descriptor.sizeBytes - sentBytes > WORTH_ASKING_BYTES && (await isThere(place, blob.descriptor.digest))) return 'present'
      await stream.finish(blob)
      return 'uploaded'
    },
    [Symbol.asyncDispose]: () => stream[Symbol.asyncDispose](),
  }
}

/** What is left to be sent takes longer than to ask whether it has to be. */
const WORTH_ASKING_BYTES = 8 * 1024 * 1024

async function startAt(requester: Requester, repository: Repository, { over, ending }: { readonly over: AbortSignal; readonly ending: AbortSignal }): Promise<BegunSession> {
  const subject = `${repository.host}/${repository.repository}`
  return await requester.askOrigin(repository.host, async (endpoint) => {
    const lesson = lessonAgainstStreams(requester, endpoint)
    if (lesson !== undefined) throw new UnsupportedImageError(subject, `the registry ${lesson}`)
    const place = { requester, endpoint, repository, subject, signal: over }
    return { place, session: await startSession(place) }
  }, ending)
}

async function isThere({ requester, endpoint, repository, signal }: UploadPlace, digest: Parameters<typeof isBlobThere>[1]['digest']): Promise<boolean> {
  return await isBlobThere(requester, { endpoint, repository, digest, scope: pushScope(repository) }, signal)
}
