import { InvalidValueError } from '../../ground/errors.ts'
import type { Platform } from '../../ground/platform.ts'

/** A name for the engines that builds go to; what `create` makes and `--builder` chooses. */
export interface Builder {
  readonly name: string
  /** Their names and their endpoints differ. */
  readonly nodes: readonly [BuilderNode, ...BuilderNode[]]
}

/** One engine of a builder. Each has a driver of its own: this machine's engine may stand beside those of others. */
export interface BuilderNode {
  readonly name: string
  readonly driver: DriverName
  /**
   * `embedded`; of the driver remote the address of an engine that listens; of docker-container the Docker context, or the
   * address of the Docker daemon; of kubernetes `kubernetes:///BUILDER?deployment=NODE&kubeconfig=PATH`, as buildx has it.
   */
  readonly endpoint: string
  /** Those given by hand; what the engine says it can run comes on top. */
  readonly platforms: readonly Platform[]
  /** Of the driver; each driver's checks have seen them. */
  readonly options: ReadonlyMap<string, string>
  /** Flags of the buildkitd, where the driver starts one. */
  readonly flags: readonly string[]
  /** Files for the engine, where the driver starts one: text by path below its configuration's folder, `buildkitd.toml` first. */
  readonly files: ReadonlyMap<string, string>
}

/** The option of nodes whose builds are loaded, as by `--load`, where they have no other output; `true` or `false`. */
export const DEFAULT_LOAD = 'default-load'

/** The option of nodes whose builds have native twins as by `--accelerate`, where nothing else says so; a mode of it. */
export const ACCELERATE_OPTION = 'accelerate'

/** The file of a node that configures its buildkitd. */
export const BUILDKITD_CONFIG = 'buildkitd.toml'

/** How a node is reached: an engine of the user's own, one that listens already, one in a container or pod that is started for it. */
export type DriverName = (typeof DRIVER_NAMES)[number]

export const DRIVER_NAMES = ['embedded', 'remote', 'docker-container', 'kubernetes'] as const

export const EMBEDDED_ENDPOINT = 'embedded'

/** A node of nothing but a place. */
export function plainNode(name: string, driver: DriverName, endpoint: string): BuilderNode {
  return { name, driver, endpoint, platforms: [], options: new Map(), flags: [], files: new Map() }
}

/** Always there, and no file. */
export const DEFAULT_BUILDER: Builder = { name: 'default', nodes: [plainNode('default', 'embedded', EMBEDDED_ENDPOINT)] }

/** An address where a builder's name could stand: a builder of that one engine. */
export function addressBuilder(address: string): Builder {
  return { name: address, nodes: [plainNode(address, 'remote', address)] }
}

/** The drivers of its nodes, each once. */
export function driversOf({ nodes }: Builder): readonly DriverName[] {
  return [...new Set(nodes.map(({ driver }) => driver))]
}

/** Whether the driver starts the engines of its nodes, with flags and files of theirs. */
export function startsEngines(driver: DriverName): boolean {
  return driver === 'docker-container' || driver === 'kubernetes'
}

/** Names that mean something already. */
const RESERVED: ReadonlySet<string> = new Set([DEFAULT_BUILDER.name, EMBEDDED_ENDPOINT])

/** In lower case, as buildx keeps them. @throws InvalidValueError */
export function parseBuilderName(text: string): string {
  return parseName(text, 'builder')
}

/** @throws InvalidValueError */
export function parseNodeName(text: string): string {
  return parseName(text, 'node')
}

function parseName(text: string, what: string): string {
  const name = text.toLowerCase()
  if (!isBuilderName(name)) throw new InvalidValueError(`invalid ${what} name: ${JSON.stringify(text)}`, { hint: 'begin with a letter, and go on with letters, digits, ".", "-" and "_"' })
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
