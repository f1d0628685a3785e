import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A small file server on loopback that knows tags, ranges and redirects, and breaks where it is told to. */
export interface FileServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly files: Map<string, ServedFile>
  /** What was asked for since this was last emptied: `GET /path 200`. */
  readonly log: string[]
}

export interface ServedFile {
  readonly content: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** A path or URL that the file is looked for at instead. */
  readonly redirect?: string
  /** Headers without which it is refused, by names in lower case. */
  readonly wants?: Readonly<Record<string, string>>
  /** The header `Authorization` without which it is refused. */
  readonly authorization?: string
  /** Each of the first answers breaks off after as many bytes. */
  readonly drops?: number[]
  /** Statuses of the first answers. */
  readonly failures?: number[]
}

export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, ServedFile>()
  const log: string[] = []
  const server = createServer((request, response) => {
    const status = answer(files.get(request.url ?? ''), request, response)
    log.push(`${request.method} ${request.url} ${status}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    log,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The status that was sent. */
function answer(file: ServedFile | undefined, request: IncomingMessage, response: ServerResponse): number {
  const status = file === undefined ? 404 : refusal(file, request)
  if (file === undefined || status !== undefined) {
    response.writeHead(status ?? 404, { 'retry-after': '0', ...(file?.redirect !== undefined && { location: file.redirect }) }).end()
    return status ?? 404
  }
  return sendContent(file, request, response)
}

function refusal(file: ServedFile, request: IncomingMessage): number | undefined {
  if (file.authorization !== undefined && request.headers.authorization !== file.authorization) return 401
  if (Object.entries(file.wants ?? {}).some(([name, value]) => request.headers[name] !== value)) return 406
  return file.failures?.shift() ?? (file.redirect === undefined ? undefined : 302)
}

function sendContent(file: ServedFile, request: IncomingMessage, response: ServerResponse): number {
  const content = Buffer.from(file.content)
  const etag = `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`
  const headers = { etag, 'last-modified': 'Wed, 01 Jan 2025 10:00:00 GMT', ...file.headers }
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end()
    return 304
  }
  const start = request.headers['if-range'] === etag ? Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
  const range = start === 0 ? {} : { 'content-range': `bytes ${start}-${content.byteLength - 1}/${content.byteLength}` }
  const status = start === 0 ? 200 : 206
  response.writeHead(status, { ...headers, ...range, 'content-length': content.byteLength - start })
  const drop = file.drops?.shift()
  if (drop === undefined) response.end(content.subarray(start))
  else response.write(content.subarray(start, start + drop), () => response.destroy())
  return status
}
