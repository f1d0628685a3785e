import { fullStoreErrorOf } from '../../content/storeError.ts'
import type { Op, OpResolver } from '../../solver/op.ts'

/** Ops whose failures say so where the disk of the store in `root` is full. */
export function tellFullStore(opFor: OpResolver['opFor'], root: string): OpResolver['opFor'] {
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw fullStoreErrorOf(error, root)
    }
  }
  return (vertex) => {
    const op: Op = opFor(vertex)
    return {
      async cacheMap(context, signal) {
        const map = await told(op.cacheMap(context, signal))
        const inputs = map.inputs.map(({ selector, contentDigest, sharedDigest }) => ({
          selector,
          sharedDigest: sharedDigest === undefined ? undefined : (...args: Parameters<typeof sharedDigest>) => told(sharedDigest(...args)),
          contentDigest: contentDigest === undefined ? undefined : (...args: Parameters<typeof contentDigest>) => told(contentDigest(...args)),
        }))
        return { ...map, inputs }
      },
      execute: (inputs, context, signal) => told(op.execute(inputs, context, signal)),
    }
  }
}
