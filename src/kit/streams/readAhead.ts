/** `chunks` as they are, the next of which is on its way while one is used. */
export async function* readAhead<T>(chunks: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = chunks[Symbol.asyncIterator]()
  let next = ask(iterator)
  try {
    for (let item = await next; item.done !== true; item = await next) {
      next = ask(iterator)
      yield item.value
    }
  } finally {
    await next.catch(() => undefined) // its source must not be at work when this ends
    await iterator.return?.()
  }
}

function ask<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const asked = iterator.next()
  asked.catch(() => undefined) // it is awaited in its turn
  return asked
}
