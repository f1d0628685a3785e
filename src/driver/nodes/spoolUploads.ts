import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BuildRequest } from '../driver.ts'
import type { TargetRequest } from '../targets/targetRequest.ts'

/** The targets with uploads that can be read more than once: several nodes may want them, and one may have to begin anew. */
export async function spoolUploads(targets: readonly TargetRequest[], scratch: () => string, signal: AbortSignal): Promise<readonly TargetRequest[]> {
  const spooled: TargetRequest[] = []
  for (const target of targets) {
    const [first, ...rest] = target.requests
    const others: BuildRequest[] = []
    const begin = await spoolRequest(first, scratch, signal)
    for (const request of rest) others.push(await spoolRequest(request, scratch, signal))
    spooled.push({ ...target, requests: [begin, ...others] })
  }
  return spooled
}

async function spoolRequest(request: BuildRequest, scratch: () => string, signal: AbortSignal): Promise<BuildRequest> {
  if (request.uploads.size === 0) return request
  const uploads = new Map<string, AsyncIterable<Uint8Array>>()
  for (const [name, bytes] of request.uploads) {
    const path = join(scratch(), `upload-${randomUUID()}`)
    await pipeline(bytes, createWriteStream(path), { signal })
    uploads.set(name, { [Symbol.asyncIterator]: () => createReadStream(path)[Symbol.asyncIterator]() })
  }
  return { ...request, uploads }
}
