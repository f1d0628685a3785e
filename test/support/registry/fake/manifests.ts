import { once } from 'node:events'
import { digestOf } from '../../../../src/ground/digest.ts'
import { corrupted, gather, refuse, reply, storeManifest, toldDigest, type Answer, type Exchange } from './exchange.ts'

export async function answerManifest(exchange: Exchange, repository: string, id: string): Promise<Answer> {
  const { request, faults, contents } = exchange
  if (request.method === 'PUT') return await takeManifest(exchange, repository, id)
  if (request.method === 'HEAD' && faults.headStatus !== undefined) return refuse(faults.headStatus, 'UNSUPPORTED')
  const key = `${repository}:${id}`
  const manifest = contents.manifests.get(key)
  if (manifest === undefined) return refuse(404, 'MANIFEST_UNKNOWN')
  if (request.method === 'DELETE') return reply(contents.manifests.delete(key) ? 202 : 404, {})
  const contentType = faults.manifests.contentType ?? manifest.mediaType
  const etag: Readonly<Record<string, string>> = faults.manifests.etag === undefined ? {} : { etag: faults.manifests.etag }
  const headers = { ...toldDigest(faults, digestOf(manifest.bytes)), ...etag, ...(contentType === '' ? {} : { 'content-type': contentType }) }
  return reply(200, headers, faults.corrupts ? corrupted(manifest.bytes) : manifest.bytes)
}

async function takeManifest({ request, faults, contents }: Exchange, repository: string, id: string): Promise<Answer> {
  const { refusedTypes, refusesArtifacts, refusal, keepsOthers } = faults.manifests
  if (faults.manifests.failsCondition && request.headers['if-match'] !== undefined) return refuse(412, 'PRECONDITION_FAILED')
  const mediaType = request.headers['content-type'] ?? ''
  const bytes = await gather(request)
  if (faults.manifests.refusedNext > 0) {
    faults.manifests.refusedNext -= 1
    return reply(refusal.status, {}, refusal.body)
  }
  if (refusedTypes.has(mediaType) || (refusesArtifacts && isArtifact(bytes.toString()))) return reply(refusal.status, {}, refusal.body)
  const kept = { mediaType, bytes: keepsOthers ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes }
  storeManifest(contents, repository, [id], kept)
  return reply(faults.uploads.doneStatus ?? 201, toldDigest(faults, digestOf(kept.bytes)))
}

function isArtifact(text: string): boolean {
  const { config, layers = [] } = JSON.parse(text) as { config?: { mediaType: string }; layers?: readonly { mediaType: string }[] }
  return config !== undefined && (config.mediaType.includes('empty') || layers.some(({ mediaType }) => mediaType.includes('in-toto')))
}

export async function answerBlob({ request, faults, contents, url }: Exchange, repository: string, id: string): Promise<Answer> {
  if (request.method === 'HEAD' && faults.headStatus !== undefined) return refuse(faults.headStatus, 'UNSUPPORTED')
  const blob = contents.blobs.get(`${repository}@${id}`)
  const fault = faults.blobs.get(id)
  if (blob === undefined || fault === 'gone' || (fault === 'gone-unsaid' && request.method === 'GET')) return refuse(404, 'BLOB_UNKNOWN')
  if (fault === 'damaged') return reply(200, {}, corrupted(blob))
  if (faults.redirectsTo !== undefined) return reply(307, { location: `${faults.redirectsTo}${url.pathname}` })
  return await sendBlob({ request, faults }, blob)
}

async function sendBlob({ request: { headers, socket }, faults }: Pick<Exchange, 'request' | 'faults'>, blob: Uint8Array): Promise<Answer> {
  if (headers.range !== undefined) {
    if (faults.refusesRange) return refuse(416, 'RANGE_INVALID')
    if (faults.holdsRanges) await once(socket, 'close')
  }
  const sent = faults.corrupts ? corrupted(blob) : blob
  const [from = '', last = ''] = faults.ignoresRange ? [] : (headers.range ?? '').replace('bytes=', '').split('-')
  if (from === '') return { ...reply(200, {}, sent), dropAfterBytes: faults.dropAfterBytes }
  const end = last === '' ? blob.byteLength : Number(last) + 1
  return { ...reply(206, { 'content-range': `bytes ${from}-${end - 1}/${blob.byteLength}` }, sent.subarray(Number(from), end)), dropAfterBytes: faults.dropAfterBytes }
}
