/**
 * What one image of a project is made of, wherever that is written: in a bake file, or as a service of a Compose file.
 * Texts are what the flag of `pelago build` of the same meaning takes, so that a flag and a file mean the same; lists
 * keep their order, and what is not said is empty or undefined. Folders stand relative to where the command was called,
 * or are absolute.
 */
export interface BuildTarget {
  /** Unique among the targets that are built together. */
  readonly name: string
  readonly description: string | undefined
  /** A folder, a URL, a git repository; `-` is standard input. */
  readonly context: string
  /** Relative to the context. */
  readonly dockerfile: string | undefined
  /** The Dockerfile itself; has precedence over `dockerfile`. */
  readonly dockerfileInline: string | undefined
  /** By name, as `--build-context`; `target:NAME` is the result of another target of the project. */
  readonly contexts: ReadonlyMap<string, string>
  /** The stage; undefined is the last one. */
  readonly stage: string | undefined
  readonly args: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, string>
  readonly tags: readonly string[]
  readonly platforms: readonly string[]
  readonly annotations: readonly string[]
  readonly attests: readonly string[]
  readonly cacheFrom: readonly string[]
  readonly cacheTo: readonly string[]
  readonly outputs: readonly string[]
  readonly secrets: readonly string[]
  /** Variables that `secrets` name, and that need not be the command's own: they are looked up here first. */
  readonly secretVariables?: ReadonlyMap<string, string>
  readonly ssh: readonly string[]
  readonly entitlements: readonly string[]
  readonly extraHosts: readonly string[]
  readonly ulimits: readonly string[]
  readonly shmSize: string | undefined
  readonly network: string | undefined
  readonly pull: boolean
  readonly noCache: boolean
  readonly noCacheFilter: readonly string[]
  /** As `--call`. */
  readonly call: string | undefined
}
