import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { OutputRequest } from '../../driver.ts'
import { flagOf } from './flagOf.ts'
import type { BuildOutputs, MergeParts } from './splitOutput.ts'

export interface WholeOptions extends Pick<MergeParts, 'stdout' | 'storeArchive' | 'scratch'> {
  /** Whether what the engine stores is where this machine looks for images. */
  readonly isStoreHere: boolean
}

/**
 * The outputs of a build that is one node's alone, as they are; but what goes to standard output waits until all of it
 * is here, since another node may have to begin anew, and an image for a store goes to that of this machine.
 */
export function createWholeOutputs(outputs: readonly OutputRequest[], { stdout, storeArchive, scratch, isStoreHere }: WholeOptions): BuildOutputs {
  const waiting: string[] = []
  const toScratch = (output: OutputRequest): OutputRequest => {
    const path = join(scratch(), `stdout${waiting.length}`)
    waiting.push(path)
    return { ...output, destination: { kind: 'file', path } }
  }
  return {
    requestsFor: () => [outputs.map((output) => {
      if (output.destination.kind === 'stdout') return toScratch(output)
      return isStored(output) && !isStoreHere ? toArchive(output, storeArchive) : output
    })],
    keep: () => Promise.resolve(),
    async merge({ parts }, signal) {
      for (const path of waiting.slice(-1)) await pipeline(createReadStream(path), stdout, { signal, end: false })
      return parts[0]?.responses[0] ?? new Map()
    },
  }
}

function isStored({ type, attributes }: OutputRequest): boolean {
  return type === 'image' && !flagOf(attributes, 'push', false) && (attributes.get('name') ?? '') !== ''
}

/** Attributes of a store that an archive does not know. */
const OF_STORES: ReadonlySet<string> = new Set(['push', 'push-by-digest', 'store', 'unpack', 'name-canonical', 'registry.insecure', 'dangling-name-prefix', 'danging-name-empty-only', 'dangling-name-empty-only'])

/** An image for a store as an archive, with what an archive would leave out and an image in a store has. */
export function toArchive({ attributes }: OutputRequest, take: MergeParts['storeArchive']): OutputRequest {
  return { type: 'oci', attributes: new Map([['attestation-inline', 'true'], ...[...attributes].filter(([key]) => !OF_STORES.has(key))]), destination: { kind: 'taker', take } }
}
