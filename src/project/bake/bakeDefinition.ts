import type { Entry } from './entries/entry.ts'
import type { SecretEntry } from './entries/secretEntry.ts'
import type { SshEntry } from './entries/sshEntry.ts'

/** What bake files say, before anything is asked of it: targets are as written, what they inherit is not in them. */
export interface BakeDefinition {
  /** A name may stand twice: the first counts. */
  readonly groups: readonly BakeGroup[]
  /** Each name once. */
  readonly targets: readonly BakeTarget[]
  readonly variables: readonly BakeVariable[]
  /** What is written and means nothing, a misspelt attribute for one: a sentence each. */
  readonly warnings: readonly string[]
}

export interface BakeGroup {
  readonly name: string
  /** '' where there is none. */
  readonly description: string
  /** Names of targets and of groups. */
  readonly targets: readonly string[]
}

/** Undefined is what a target does not say: an empty list is said, and takes what is inherited away where lists replace. */
export interface BakeTarget {
  readonly name: string
  readonly description: string | undefined
  readonly inherits: readonly string[]
  readonly annotations: readonly string[] | undefined
  readonly attest: readonly Entry[] | undefined
  readonly context: string | undefined
  /** One that is '' takes an inherited one away. */
  readonly contexts: ReadonlyMap<string, string>
  readonly dockerfile: string | undefined
  readonly dockerfileInline: string | undefined
  /** A null that stands in the file is no argument, and leaves an inherited one be. */
  readonly args: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, string>
  readonly tags: readonly string[] | undefined
  readonly cacheFrom: readonly Entry[] | undefined
  readonly cacheTo: readonly Entry[] | undefined
  readonly stage: string | undefined
  readonly secrets: readonly SecretEntry[] | undefined
  readonly ssh: readonly SshEntry[] | undefined
  readonly platforms: readonly string[] | undefined
  readonly outputs: readonly Entry[] | undefined
  readonly pull: boolean | undefined
  readonly noCache: boolean | undefined
  readonly network: string | undefined
  readonly noCacheFilter: readonly string[] | undefined
  readonly shmSize: string | undefined
  readonly ulimits: readonly string[] | undefined
  readonly call: string | undefined
  readonly entitlements: readonly string[] | undefined
  readonly extraHosts: ReadonlyMap<string, string>
  /** Attributes that newer versions of buildx know, and nothing here does: `policy`, `resources`. */
  readonly unsupported: readonly string[]
}

/** For `--list`. */
export interface BakeVariable {
  readonly name: string
  /** As HCL names it, `list of string`; '' where none is given. */
  readonly type: string
  readonly description: string
  /** Undefined is null. */
  readonly value: string | undefined
}

export function emptyTarget(name: string): BakeTarget {
  return {
    name, description: undefined, inherits: [], annotations: undefined, attest: undefined, context: undefined, contexts: new Map(), dockerfile: undefined, dockerfileInline: undefined, args: new Map(), labels: new Map(),
    tags: undefined, cacheFrom: undefined, cacheTo: undefined, stage: undefined, secrets: undefined, ssh: undefined, platforms: undefined, outputs: undefined, pull: undefined, noCache: undefined, network: undefined,
    noCacheFilter: undefined, shmSize: undefined, ulimits: undefined, call: undefined, entitlements: undefined, extraHosts: new Map(), unsupported: [],
  }
}
