import type { Environment } from './environment.ts'
import { entriesAt, type MapNode, type Node } from './yaml/node.ts'

/** A project as `docker compose config` tells it: files merged, variables replaced, short forms written out. */
export interface ComposeProject {
  readonly name: string
  /** Absolute; relative paths of the files are relative to it. */
  readonly folder: string
  readonly files: readonly string[]
  /** What variables were replaced by: the environment, and the env files. */
  readonly environment: Environment
  /** All of it; of services, those that are enabled. Every field is of the type that the specification gives it. */
  readonly model: MapNode
  /** Services that belong to profiles which are not active. */
  readonly disabled: ReadonlyMap<string, Node>
}

/** Sorted by name. */
export function servicesOf({ model }: Pick<ComposeProject, 'model'>): ReadonlyMap<string, Node> {
  return entriesAt(model, 'services')
}
