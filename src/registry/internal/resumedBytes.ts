import { backoffMs, pause, type RetryPolicy } from '../../kit/retry.ts'

/** What one connection brings: bytes from the position that was asked for to the end. */
export interface DownloadPart {
  readonly chunks: AsyncIterable<Uint8Array>
  /** Undefined where the other side did not say. */
  readonly expectedBytes: number | undefined
}

export interface ResumedDownload {
  readonly offset: number
  /** A connection of its own each time. What it throws ends the download. */
  openPart(position: number): Promise<DownloadPart>
  readonly retries: RetryPolicy
  /** What came of bytes that broke off, or of fewer than were told: an error that is worth another connection; undefined ends the download with what was thrown. */
  toFailure(broken: { readonly error: unknown } | { readonly missingBytes: number }): Error | undefined
  /** What came of more than were told. */
  toExcess(): Error
}

/** Goes on where the connection broke; gives up when `retries.attempts` connections in a row brought nothing. */
export async function* resumedBytes(download: ResumedDownload, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let position = download.offset
  for (let fruitless = 0; ; ) {
    const part = await download.openPart(position)
    const { receivedBytes, failure } = yield* deliver(part, download)
    position += receivedBytes
    if (failure === undefined) return
    fruitless = receivedBytes > 0 ? 0 : fruitless + 1
    if (fruitless >= download.retries.attempts) throw failure
    await pause(backoffMs(Math.max(1, fruitless), download.retries), signal)
  }
}

interface Delivery {
  readonly receivedBytes: number
  readonly failure: Error | undefined
}

async function* deliver({ chunks, expectedBytes }: DownloadPart, download: ResumedDownload): AsyncGenerator<Uint8Array, Delivery> {
  let receivedBytes = 0
  try {
    for await (const chunk of chunks) {
      receivedBytes += chunk.byteLength
      if (expectedBytes !== undefined && receivedBytes > expectedBytes) throw download.toExcess()
      yield chunk
    }
  } catch (error) {
    const failure = download.toFailure({ error })
    if (failure === undefined) throw error
    return { receivedBytes, failure }
  }
  const missingBytes = (expectedBytes ?? receivedBytes) - receivedBytes
  return { receivedBytes, failure: missingBytes === 0 ? undefined : download.toFailure({ missingBytes }) }
}

/** Servers that know no ranges send all: what is known already is passed over. */
export async function* withoutFirst(skipBytes: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = skipBytes
  for await (const chunk of chunks) {
    if (chunk.byteLength > left) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.byteLength)
  }
}
