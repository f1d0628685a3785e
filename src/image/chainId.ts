import { digestOf, type Digest } from '../ground/digest.ts'

/** Names the stack of layers, lowest first: OCI image-spec, config.md#layer-chainid. Undefined where there is none. */
export function chainId(diffIds: readonly Digest[]): Digest | undefined {
  return chainIds(diffIds).at(-1)
}

/** The chain id of each layer with those under it, lowest first. */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const ids: Digest[] = []
  for (const diffId of diffIds) {
    const parent = ids.at(-1)
    ids.push(parent === undefined ? diffId : digestOf(`${parent} ${diffId}`))
  }
  return ids
}
