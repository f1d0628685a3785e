import type { Digest } from '../digest.ts'
import type { Platform } from '../platform.ts'

/** OCI image-spec, config.md, with Docker's own fields (Healthcheck, OnBuild, Shell, ArgsEscaped). */
export interface ImageConfig {
  readonly platform: Platform
  readonly osFeatures: readonly string[]
  /** RFC 3339; undefined where the image names none. */
  readonly created: string | undefined
  readonly author: string | undefined
  readonly container: ContainerConfig
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly Digest[]
  /** Oldest first; entries that are not `emptyLayer` stand for `diffIds`, in order. */
  readonly history: readonly HistoryEntry[]
  /** The build cache in an image that is made with one: BuildKit's `moby.buildkit.cache.v0`, base64. Of images that are read it is not taken over. */
  readonly inlineCache?: string | undefined
}

/** The `config` object: what a container of the image starts with. Undefined fields are left out of the JSON. */
export interface ContainerConfig {
  readonly user: string | undefined
  /** `80/tcp`, sorted. */
  readonly exposedPorts: readonly string[]
  /** `KEY=value`, in order of first setting. */
  readonly env: readonly string[]
  readonly entrypoint: readonly string[] | undefined
  readonly cmd: readonly string[] | undefined
  readonly argsEscaped: boolean
  readonly volumes: readonly string[]
  readonly workingDir: string | undefined
  readonly labels: ReadonlyMap<string, string>
  readonly stopSignal: string | undefined
  readonly healthcheck: Healthcheck | undefined
  readonly onBuild: readonly string[]
  readonly shell: readonly string[] | undefined
}

/** Docker's HealthConfig. Times in nanoseconds, as Docker has them; 0 is "inherit". */
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", text]`. */
  readonly test: readonly string[]
  readonly intervalNs: number
  readonly timeoutNs: number
  readonly startPeriodNs: number
  readonly startIntervalNs: number
  readonly retries: number
}

export interface HistoryEntry {
  readonly created: string | undefined
  readonly createdBy: string | undefined
  readonly author: string | undefined
  readonly comment: string | undefined
  readonly emptyLayer: boolean
}

export const EMPTY_CONTAINER_CONFIG: ContainerConfig = {
  user: undefined,
  exposedPorts: [],
  env: [],
  entrypoint: undefined,
  cmd: undefined,
  argsEscaped: false,
  volumes: [],
  workingDir: undefined,
  labels: new Map(),
  stopSignal: undefined,
  healthcheck: undefined,
  onBuild: [],
  shell: undefined,
}

/** The config of `FROM scratch`. */
export function emptyImageConfig(platform: Platform): ImageConfig {
  return { platform, osFeatures: [], created: undefined, author: undefined, container: EMPTY_CONTAINER_CONFIG, diffIds: [], history: [] }
}
