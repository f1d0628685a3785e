import { InvalidValueError } from '../../ground/errors.ts'
import type { Platform } from '../../ground/platform.ts'

/** A name for the engines that builds go to; what `create` makes and `--builder` chooses. */
export interface Builder {
  readonly name: string
  readonly driver: DriverName
  /** At least one. */
  readonly nodes: readonly BuilderNode[]
}

/** One engine of a builder. */
export interface BuilderNode {
  readonly name: string
  /** `embedded`, or the address of an engine that listens. */
  readonly endpoint: string
  /** Those given by hand; what the engine says it can run comes on top. */
  readonly platforms: readonly Platform[]
  readonly options: ReadonlyMap<string, string>
}

/** The option of nodes whose builds are loaded, as by `--load`, where they have no other output; `true` or `false`. */
export const DEFAULT_LOAD = 'default-load'

/** How the nodes of a builder are reached: an engine of the user's own, or one that listens already. */
export type DriverName = (typeof DRIVER_NAMES)[number]

export const DRIVER_NAMES = ['embedded', 'remote'] as const

/** Always there, and no file. */
export const DEFAULT_BUILDER: Builder = {
  name: 'default',
  driver: 'embedded',
  nodes: [{ name: 'default', endpoint: 'embedded', platforms: [], options: new Map() }],
}

/** Names that mean something already. */
const RESERVED: ReadonlySet<string> = new Set([DEFAULT_BUILDER.name, 'embedded'])

/** In lower case, as buildx keeps them. @throws InvalidValueError */
export function parseBuilderName(text: string): string {
  const hint = 'begin with a letter, and go on with letters, digits, ".", "-" and "_"'
  const name = text.toLowerCase()
  if (!isBuilderName(name)) throw new InvalidValueError(`invalid builder name: ${JSON.stringify(text)}`, { hint })
  return name
}

export function isBuilderName(text: string): boolean {
  return /^[a-z][a-z0-9._-]{0,127}$/.test(text)
}

export function isReservedName(name: string): boolean {
  return RESERVED.has(name)
}

/** Whether `text` is an engine's address rather than a builder's name. */
export function isAddress(text: string): boolean {
  return text.includes('://')
}
