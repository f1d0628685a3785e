/** A stream whose beginning was looked at. */
export interface Peeked {
  /** At least as many bytes as were wanted, or all that there are. */
  readonly head: Uint8Array
  /** From the first byte on; to be read once. */
  readonly all: AsyncIterable<Uint8Array>
}

/** Reads as much of `chunks` as has `wantedBytes`. */
export async function peek(chunks: AsyncIterable<Uint8Array>, wantedBytes: number): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array(0)
  while (head.byteLength < wantedBytes) {
    const next = await iterator.next()
    if (next.done === true) break
    head = head.byteLength === 0 ? next.value : Buffer.concat([head, next.value])
  }
  return { head, all: resume(head, iterator) }
}

async function* resume(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield head
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  } finally {
    await iterator.return?.()
  }
}
