import type { Platform } from '../../ground/platform.ts'
import type { GcPolicy } from './gcPolicy.ts'

/** What the operator of an engine sets; it holds as long as the engine runs. Paths are absolute. */
export interface EngineConfig {
  /** What clients may allow their builds: `network.host`, `security.insecure`, `device`. Undefined: all, as for a user's own engine. */
  readonly entitlements: ReadonlySet<string> | undefined
  /** What it says it builds for, the first one being the machine's; empty: all that runs here. */
  readonly platforms: readonly Platform[]
  /** Shown to clients, beside its own. */
  readonly labels: ReadonlyMap<string, string>
  /** Whether each call is logged. */
  readonly isDebug: boolean
  /** By host as in a reference, beside what the user's own settings say. */
  readonly registries: ReadonlyMap<string, RegistrySettings>
  /** How many steps run at once, native and emulated ones together; undefined: as many of each as there are CPUs. */
  readonly maxParallelism: number | undefined
  /** Followed one after the other between builds; none: nothing goes by itself. */
  readonly gcPolicies: readonly GcPolicy[]
  readonly history: HistoryConfig | undefined
  /** For steps, instead of the machine's own. */
  readonly dns: DnsConfig | undefined
  /** Where devices are described; undefined: where they usually are. */
  readonly cdiFolders: readonly string[] | undefined
  /** Repositories in full whose images may be run as frontends; undefined: all. */
  readonly frontendRepositories: readonly string[] | undefined
}

export interface RegistrySettings {
  /** Hosts, perhaps with a path, in the order to try them. */
  readonly mirrors: readonly string[]
  /** It may be spoken to in plain HTTP, and its certificate is not verified. */
  readonly isInsecure: boolean
  /** Files of PEM. */
  readonly authorities: readonly string[]
  readonly clientPair: { readonly certificate: string; readonly key: string } | undefined
  /** Folders of what Docker has in `certs.d/HOST`. */
  readonly certFolders: readonly string[]
}

/** Which past builds are kept; undefined: as BuildKit does. */
export interface HistoryConfig {
  readonly maxAgeMs: number | undefined
  readonly maxEntries: number | undefined
}

/** Parts of resolv.conf(5); an empty part is the machine's. */
export interface DnsConfig {
  readonly nameservers: readonly string[]
  readonly options: readonly string[]
  readonly searchDomains: readonly string[]
}

/** Of an engine that a command starts for its user. */
export const OWN_ENGINE: EngineConfig = {
  entitlements: undefined,
  platforms: [],
  labels: new Map(),
  isDebug: false,
  registries: new Map(),
  maxParallelism: undefined,
  gcPolicies: [],
  history: undefined,
  dns: undefined,
  cdiFolders: undefined,
  frontendRepositories: undefined,
}
