import { UsageError } from './flags/usageError.ts'

/** All of a small stream. @throws UsageError where it is longer than `maxBytes` */
export async function collectBounded(source: AsyncIterable<Uint8Array | string>, maxBytes: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of source) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    sizeBytes += bytes.byteLength
    if (sizeBytes > maxBytes) throw new UsageError(`${what} is larger than ${maxBytes} bytes`)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}
