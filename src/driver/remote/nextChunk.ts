import { once } from 'node:events'
import type { Duplex } from 'node:stream'

/** What comes next; undefined at the end, however that comes. The stream does not flow before or after. */
export async function nextChunk(connection: Duplex): Promise<Buffer | undefined> {
  for (;;) {
    const chunk = connection.read() as Buffer | null
    if (chunk !== null) return chunk
    if (connection.readableEnded || connection.destroyed) return undefined
    const stop = new AbortController()
    await Promise.race(['readable', 'end', 'close'].map((event) => once(connection, event, { signal: stop.signal }).catch(() => undefined)))
    stop.abort()
  }
}

/** Whether the other end has said something; an engine speaks first. What it said is still to be read. */
export async function speaksFirst(connection: Duplex): Promise<boolean> {
  const chunk = await nextChunk(connection)
  if (chunk !== undefined) connection.unshift(chunk)
  return chunk !== undefined
}
