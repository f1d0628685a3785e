import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An HTTP server on loopback that misbehaves where it is told to, and otherwise does what `listener` does. */
export interface FaultyServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** `GET /path?query 200` of each request, in the order they were answered. */
  readonly log: string[]
  /** The first that matches a request is taken out, and answers it. */
  readonly refusals: ServerRefusal[]
  /** The next answers to a GET of content of more bytes break off after so many of them. */
  readonly drops: number[]
}

export interface ServerRefusal {
  /** Of `GET /path?query`. */
  readonly matches: RegExp
  /** 0 breaks the connection. */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** `content` tells by `GET /path?query` what is content. */
export async function startFaultyServer(listener: RequestListener, content: RegExp): Promise<FaultyServer> {
  const log: string[] = []
  const refusals: ServerRefusal[] = []
  const drops: number[] = []
  const server = createServer((request, response) => {
    const asked = `${request.method} ${request.url}`
    response.on('close', () => void log.push(`${asked} ${response.statusCode}`))
    const index = refusals.findIndex(({ matches }) => matches.test(asked))
    const [refusal] = index < 0 ? [] : refusals.splice(index, 1)
    if (refusal !== undefined) {
      refuse(request, response, refusal)
      return
    }
    if (content.test(asked) && drops[0] !== undefined) breakOff(response, drops)
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    refusals,
    drops,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, headers, body }: ServerRefusal): void {
  if (status === 0) {
    request.socket.destroy()
    return
  }
  request.resume().on('end', () => void response.writeHead(status, headers).end(body))
}

/** Only where the answer has more bytes than the first of `drops`, which it then takes out. */
function breakOff(response: ServerResponse, drops: number[]): void {
  const [most = 0] = drops
  let leftBytes = most
  const write = response.write.bind(response)
  const end = response.end.bind(response)
  const pass = (chunk: Uint8Array, onward: (chunk: Uint8Array) => void): boolean => {
    if (chunk.byteLength > leftBytes) {
      const last = chunk.subarray(0, leftBytes)
      drops.shift()
      leftBytes = Number.POSITIVE_INFINITY
      return write(last, () => response.destroy())
    }
    leftBytes -= chunk.byteLength
    onward(chunk)
    return true
  }
  response.write = (chunk: Uint8Array) => pass(chunk, write)
  response.end = (chunk?: unknown) => {
    if (chunk instanceof Uint8Array) pass(chunk, end)
    else end(chunk)
    return response
  }
}
