import type { Repository } from '../registry.ts'

/** Distribution's token scopes: what a request asks access for. */
export function pullScope({ repository }: Repository): string {
  return `repository:${repository}:pull`
}

export function pushScope({ repository }: Repository): string {
  return `repository:${repository}:pull,push`
}

/** With the right to delete, which registries grant apart. */
export function readWriteScope({ repository }: Repository, withDelete: boolean): string {
  return `repository:${repository}:pull,push${withDelete ? ',delete' : ''}`
}
