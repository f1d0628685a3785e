import type { HttpResponse } from '../../../kit/http.ts'
import { newBuffers } from '../../../kit/streams/chunkBuffers.ts'
import { inPieces } from '../../../kit/streams/inPieces.ts'
import type { Lesson } from '../../lessons.ts'
import type { Repository, UploadBlob, UploadOutcome } from '../../registry.ts'
import { RegistryRefusedError } from '../../registryError.ts'
import { isBlobThere, testHead } from './blobPresence.ts'
import type { RegistryRequest, Requester } from '../requester.ts'
import { pushScope } from '../scope.ts'
import { countedBody } from './uploadBody.ts'
import { EMPTY_BODY, finishUpload, mountBlob, readSession, send, startSession, uploadsOf, withDigest, type Upload, type UploadSession } from './uploadSession.ts'
import { lessonAgainstStreams, openUploadStream } from './uploadStream.ts'

/*
 * OCI distribution-spec, "Pushing blobs", has three ways to send a blob, and registries know some of them: a session that
 * ends with a PUT of all bytes; one with PATCHes before an empty PUT; a single POST. The first is one request less than
 * the second and known best. A large blob goes as a stream first, which can be taken back when it is interrupted. What is
 * refused for its kind, not for what it brings, is tried the next way.
 */

/** A try that fails is begun anew with a session of its own. */
export async function pushBlob(requester: Requester, repository: Repository, { blob, signal }: { readonly blob: UploadBlob; readonly signal: AbortSignal }): Promise<UploadOutcome> {
  const subject = `${repository.host}/${repository.repository}@${blob.descriptor.digest}`
  let tries = 0
  return await requester.askOrigin(repository.host, (endpoint) => {
    tries += 1
    return pushOnce({ requester, endpoint, repository, blob, isFirstTry: tries === 1, subject, signal })
  }, signal)
}

async function pushOnce(upload: Upload): Promise<UploadOutcome> {
  const { requester, endpoint, repository, blob, signal } = upload
  const question = { endpoint, repository, digest: blob.descriptor.digest, scope: pushScope(repository) }
  if (await isBlobThere(requester, question, signal)) return 'present'
  const mount = await mountBlob(upload)
  if (mount?.kind === 'mounted') return 'mounted'
  const outcome = await sendBlob(upload, mount?.session)
  await testHead(requester, question, signal)
  return outcome
}

async function sendBlob(upload: Upload, begun: UploadSession | undefined): Promise<UploadOutcome> {
  if (upload.requester.lessons.has(upload.endpoint.host, 'uploads-by-post')) return await postWhole(upload)
  let session: UploadSession
  try {
    session = begun ?? (await startSession(upload))
  } catch (error) {
    if (!isOfKind(error)) throw error
    return await otherwise(upload, error, 'uploads-by-post', () => postWhole(upload))
  }
  if (!isWorthStreaming(upload)) return await sendBytes(upload, session)
  try {
    return await streamWhole(upload, session)
  } catch (error) {
    if (!isOfKind(error) && !isTooLarge(error)) throw error
    return await sendBytes(upload, await startSession(upload))
  }
}

/** What is smaller is sent in a moment, and seldom interrupted: not worth a request more. */
const WORTH_STREAMING_BYTES = 8 * 1024 * 1024

function isWorthStreaming({ requester, endpoint, blob, isFirstTry }: Upload): boolean {
  return isFirstTry && blob.descriptor.sizeBytes >= WORTH_STREAMING_BYTES && lessonAgainstStreams(requester, endpoint) === undefined
}

async function streamWhole(upload: Upload, session: UploadSession): Promise<UploadOutcome> {
  const { blob, signal } = upload
  await using stream = openUploadStream({ start: async ({ over }) => ({ place: { ...upload, signal: over }, session }), open: blob.open, onProgress: blob.onProgress }, signal)
  await stream.finish(blob)
  return 'uploaded'
}

async function sendBytes(upload: Upload, session: UploadSession): Promise<UploadOutcome> {
  const { requester: { lessons }, endpoint: { host }, blob } = upload
  if (lessons.has(host, 'uploads-in-chunks') && blob.descriptor.sizeBytes > SMALLEST_CHUNK_BYTES) return await patchInChunks(upload, session)
  if (lessons.has(host, 'uploads-by-patch')) return await patchWhole(upload, session)
  try {
    return await putWhole(upload, session)
  } catch (error) {
    if (isTooLarge(error)) return await otherwise(upload, error, 'uploads-in-chunks', async () => patchInChunks(upload, await startSession(upload)))
    if (isOfKind(error)) return await otherwise(upload, error, 'uploads-by-patch', async () => patchWhole(upload, await startSession(upload)))
    throw error
  }
}

/** What another way could do about: nothing is said against the bytes themselves. */
function isOfKind(error: unknown): error is RegistryRefusedError {
  if (!(error instanceof RegistryRefusedError)) return false
  const { status, codes } = error.refusal
  return [202, 400, 404, 405, 411, 415, 501].includes(status) && codes.every((code) => ['', 'UNSUPPORTED', 'UNKNOWN', 'BLOB_UPLOAD_INVALID', 'NOT_FOUND'].includes(code))
}

function isTooLarge(error: unknown): error is RegistryRefusedError {
  return error instanceof RegistryRefusedError && error.refusal.status === 413
}

/** Where the other way is refused too, the first refusal says more. */
async function otherwise({ requester, endpoint }: Upload, first: RegistryRefusedError, lesson: Lesson, work: () => Promise<UploadOutcome>): Promise<UploadOutcome> {
  try {
    const outcome = await work()
    requester.lessons.learn(endpoint.host, lesson)
    return outcome
  } catch (error) {
    throw isOfKind(error) ? first : error
  }
}

async function putWhole(upload: Upload, { location }: UploadSession): Promise<UploadOutcome> {
  await finishUpload(upload, await sendWhole(upload, 'PUT', withDigest(location, upload.blob)))
  return 'uploaded'
}

async function postWhole(upload: Upload): Promise<UploadOutcome> {
  await finishUpload(upload, await sendWhole(upload, 'POST', `${uploadsOf(upload)}?${new URLSearchParams({ digest: upload.blob.descriptor.digest }).toString()}`))
  return 'uploaded'
}

async function patchWhole(upload: Upload, { location }: UploadSession): Promise<UploadOutcome> {
  return await finishPatched(upload, await readSession(upload, await sendWhole(upload, 'PATCH', location)))
}

async function sendWhole(upload: Upload, method: 'PUT' | 'POST' | 'PATCH', target: RegistryRequest['target']): Promise<HttpResponse> {
  const body = countedBody(upload.blob)
  const headers = new Map([['content-type', 'application/octet-stream'], ['content-length', String(upload.blob.descriptor.sizeBytes)]])
  return await send(upload, { method, target, headers, openBody: body.open }).catch((error: unknown) => {
    throw body.failure() ?? error // what failed on our side is not the registry's fault
  })
}

/** A proxy's limit for one request: Cloudflare has 100 MB, nginx 1 MiB where nobody changed it. S3 takes no smaller parts than 5 MiB. */
const CHUNK_BYTES: readonly number[] = [16 * 1024 * 1024, 5 * 1024 * 1024, 1024 * 1024]
const SMALLEST_CHUNK_BYTES = 1024 * 1024

/** In smaller and smaller chunks, each time with a session of its own. @throws the last 413 where even the smallest are too large */
async function patchInChunks(upload: Upload, session: UploadSession, [chunkBytes = SMALLEST_CHUNK_BYTES, ...smaller]: readonly number[] = CHUNK_BYTES): Promise<UploadOutcome> {
  try {
    return await patchChunks(upload, session, Math.max(chunkBytes, session.minChunkBytes))
  } catch (error) {
    if (!isTooLarge(error) || smaller.length === 0) throw error
    return await patchInChunks(upload, await startSession(upload), smaller)
  }
}

async function patchChunks(upload: Upload, first: UploadSession, chunkBytes: number): Promise<UploadOutcome> {
  let session = first
  let sentBytes = 0
  for await (const chunk of inPieces(upload.blob.open(), newBuffers(chunkBytes))) {
    const range = `${sentBytes}-${sentBytes + chunk.byteLength - 1}`
    const headers = new Map([['content-type', 'application/octet-stream'], ['content-length', String(chunk.byteLength)], ['content-range', range]])
    session = await readSession(upload, await send(upload, { method: 'PATCH', target: session.location, headers, openBody: () => chunk }))
    sentBytes += chunk.byteLength
    upload.blob.onProgress(sentBytes)
  }
  return await finishPatched(upload, session)
}

async function finishPatched(upload: Upload, { location }: UploadSession): Promise<UploadOutcome> {
  await finishUpload(upload, await send(upload, { method: 'PUT', target: withDigest(location, upload.blob), headers: EMPTY_BODY }))
  return 'uploaded'
}
