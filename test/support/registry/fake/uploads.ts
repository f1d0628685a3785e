import { once } from 'node:events'
import { digestOf, parseDigest } from '../../../../src/ground/digest.ts'
import { gather, refuse, reply, toldDigest, type Answer, type Exchange } from './exchange.ts'

export async function answerUpload(exchange: Exchange, repository: string, id: string): Promise<Answer> {
  const { request, url, contents, faults: { uploads: faults } } = exchange
  if (request.method === 'POST') return await startUpload(exchange, repository)
  const name = url.searchParams.get('session') ?? id
  const upload = contents.uploads.get(name)
  if (upload === undefined) return refuse(404, 'BLOB_UPLOAD_UNKNOWN')
  const ended = endUpload(exchange, name)
  if (ended !== undefined) return ended
  if (request.method === 'PUT' && faults.redirectsTo !== undefined) return reply(307, { location: `${faults.redirectsTo}${url.pathname}${url.search}` })
  if (request.method === 'PUT') return await finishUpload(exchange, upload, repository)
  if (faults.patchStatus !== undefined) return refuse(faults.patchStatus, 'UNSUPPORTED')
  const chunk = await gather(request)
  if (chunk.byteLength > (faults.maxPatchBytes ?? chunk.byteLength)) return refuse(413, 'SIZE_INVALID')
  upload.push(chunk)
  return reply(faults.doneStatus ?? 202, { location: locationOf(exchange, repository, name) })
}

/** Given up, or forgotten; undefined where it goes on. */
function endUpload({ request, contents, faults: { uploads: { forgotten } } }: Exchange, name: string): Answer | undefined {
  const isGivenUp = request.method === 'DELETE'
  if (!isGivenUp && forgotten.count === 0) return undefined
  contents.uploads.delete(name)
  if (isGivenUp) return reply(204, {}, '')
  forgotten.count -= 1
  return refuse(forgotten.status, 'BLOB_UPLOAD_UNKNOWN')
}

async function startUpload(exchange: Exchange, repository: string): Promise<Answer> {
  const { request, url, contents, faults: { uploads: faults } } = exchange
  const mounted = mountBlob(exchange, repository)
  if (mounted !== undefined) return mounted
  if (url.searchParams.has('digest') && Number(request.headers['content-length']) > 0) return await finishUpload(exchange, [], repository)
  if (faults.sessionStatus !== undefined) return refuse(faults.sessionStatus, 'UNSUPPORTED')
  const id = String(contents.uploads.size + 1)
  contents.uploads.set(id, [])
  return reply(faults.doneStatus ?? 202, { location: locationOf(exchange, repository, id) })
}

/** Undefined where an upload is to begin instead. */
function mountBlob({ url, contents, faults: { uploads: faults } }: Exchange, repository: string): Answer | undefined {
  const mount = url.searchParams.get('mount')
  if (mount === null || faults.mount === 'ignored') return undefined
  if (faults.mount !== undefined) return refuse(faults.mount, faults.mount === 403 ? 'DENIED' : 'UNSUPPORTED')
  const mounted = contents.blobs.get(`${url.searchParams.get('from') ?? ''}@${mount}`)
  if (mounted === undefined) return undefined
  contents.blobs.set(`${repository}@${mount}`, mounted)
  return reply(faults.doneStatus ?? 201, { location: `/v2/${repository}/blobs/${mount}` })
}

function locationOf({ url, contents, faults: { uploads: { elsewhere, location } } }: Exchange, repository: string, id: string): string {
  const path = `/v2/${repository}/blobs/uploads/`
  switch (location) {
    case 'path':
      return `${elsewhere ?? ''}${path}${id}`
    case 'absolute':
      return `${elsewhere ?? url.origin}${path}${id}`
    case 'query':
      return `${elsewhere ?? ''}${path}?session=${id}&state=a%3D%3D&offset=${Buffer.concat(contents.uploads.get(id) ?? []).byteLength}`
    case 'relative':
      return `./${id}`
  }
}

async function finishUpload({ request, url, faults, contents }: Exchange, upload: readonly Uint8Array[], repository: string): Promise<Answer> {
  const { uploads } = faults
  if (uploads.isHeld) await once(request.socket, 'close')
  if (uploads.dropped > 0) {
    uploads.dropped -= 1
    request.destroy()
  }
  const last = await gather(request)
  if (last.byteLength > (uploads.maxPutBytes ?? last.byteLength)) return refuse(413, 'SIZE_INVALID')
  if (request.method === 'PUT' && last.byteLength > 0 && uploads.wholePutStatus !== undefined) return refuse(uploads.wholePutStatus, 'UNSUPPORTED')
  const bytes = Buffer.concat([...upload, last])
  const expected = parseDigest(url.searchParams.get('digest') ?? '')
  if (digestOf(bytes) !== expected) return refuse(400, 'DIGEST_INVALID')
  if (!uploads.losesBlobs) contents.blobs.set(`${repository}@${expected}`, bytes)
  return reply(uploads.doneStatus ?? 201, toldDigest(faults, expected))
}
