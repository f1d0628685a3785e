import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A folder of the shared test vectors, which lie beside the repository where they are there at all. */
export function vectorFolder(name: string): { readonly path: string | undefined; readonly skip: string | false } {
  const path = fileURLToPath(new URL(`../../../shared/vectors/${name}`, import.meta.url))
  return existsSync(path) ? { path, skip: false } : { path: undefined, skip: `no test vectors at ../shared/vectors/${name}` }
}
