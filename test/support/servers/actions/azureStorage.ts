import { randomUUID } from 'node:crypto'
import type { Entry } from './entries.ts'
import { sendXml, type Exchange } from './exchange.ts'

/** Azure's "Get Blob", "Put Blob", "Put Block" and "Put Block List", as far as a signed address allows them. */
export function answerStorage(exchange: Exchange, id: number): void {
  const { request, response, url, entries, signature } = exchange
  const needed = request.method === 'PUT' ? 'w' : 'r'
  const isAllowed = url.searchParams.get('sig') === signature && (url.searchParams.get('sp') ?? '').includes(needed)
  const entry = entries.find(id)
  if (!isAllowed) sendXml(response, 403, 'AuthenticationFailed')
  else if (entry === undefined) sendXml(response, 404, 'BlobNotFound')
  else if (request.method === 'PUT') put(exchange, entry)
  else if (request.method !== 'GET') sendXml(response, 405, 'UnsupportedHttpVerb')
  else if (entry.isWhole) sendContent(exchange, entry.content)
  else sendXml(response, 404, 'BlobNotFound')
}

function put({ request, response, url, body }: Exchange, entry: Entry): void {
  const what = url.searchParams.get('comp')
  if (what === null && request.headers['x-ms-blob-type'] !== 'BlockBlob') {
    sendXml(response, 400, 'MissingRequiredHeader')
    return
  }
  const content = what === null ? body : what === 'block' ? entry.content : joined(entry, body.toString())
  if (content === undefined) {
    sendXml(response, 400, 'InvalidBlockList')
    return
  }
  if (what === 'block') entry.blocks.set(url.searchParams.get('blockid') ?? '', body)
  entry.content = content
  response.writeHead(201, { 'x-ms-request-id': randomUUID() }).end() // BuildKit falls over where there is none
}

/** Undefined where a block of the list is not there. */
function joined(entry: Entry, list: string): Buffer | undefined {
  const blocks = [...list.matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, name = '']) => entry.blocks.get(name))
  const known = blocks.filter((block) => block !== undefined)
  return known.length === blocks.length ? Buffer.concat(known) : undefined
}

function sendContent({ request, response }: Exchange, content: Buffer): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  if (range === null) {
    response.writeHead(200, { 'content-length': content.byteLength }).end(content)
    return
  }
  const start = Number(range[1])
  const end = Math.min(range[2] === '' ? content.byteLength : Number(range[2]) + 1, content.byteLength)
  if (start >= content.byteLength) response.writeHead(416, { 'content-range': `bytes */${content.byteLength}` }).end()
  else response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${content.byteLength}`, 'content-length': end - start }).end(content.subarray(start, end))
}
