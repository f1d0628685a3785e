import type { EmulatedArchitecture } from '../../../executor/emulation/architectures.ts'
import type { Registration } from '../../../executor/emulation/binfmt.ts'
import type { QemuSearch } from '../../../executor/emulation/qemu.ts'

/** What `examineMachine` finds out, and `judgeMachine` judges. */
export interface MachineFacts {
  /** Pelago's own. */
  readonly version: string
  /** As `process.version`: `v24.1.0`. */
  readonly nodeVersion: string
  /** As `uname -r`. */
  readonly kernelRelease: string
  /** The text of os-release(5); '' where there is none. */
  readonly osRelease: string
  readonly user: UserFacts
  /** Platforms that need no emulation, the machine's own first. */
  readonly nativePlatforms: readonly string[]
  readonly launcher: LauncherFacts
  /** By the names of `pelago-ns --probe`. What was not tried is not there. */
  readonly facilities: ReadonlyMap<string, Attempt>
  readonly limits: LimitFacts
  readonly runtime: RuntimeFacts
  /** What the machine's own binfmt_misc holds. */
  readonly registrations: readonly RegistrationFacts[]
  /** Of the architectures that are not native. */
  readonly emulators: readonly EmulatorFacts[]
  readonly store: StoreFacts
  readonly temporary: FolderFacts
  readonly memory: MemoryFacts
  readonly cgroups: CgroupFacts
  readonly clock: ClockFacts
  readonly settings: Attempt
  readonly certificates: readonly CertificateFacts[]
  /** Variables that name proxies, with their values, credentials left out. */
  readonly proxies: readonly ProxyFacts[]
  readonly logins: LoginFacts
  readonly engine: EngineFacts
}

export type Attempt = { readonly kind: 'works' } | { readonly kind: 'fails'; readonly reason: string }

export interface UserFacts {
  readonly name: string
  readonly isRoot: boolean
  /** `newuidmap` and `newgidmap`. */
  readonly idTools: readonly IdToolFacts[]
  /** How many ids of /etc/subuid and of /etc/subgid are the user's: the lesser number. */
  readonly subordinateIds: number
}

export interface IdToolFacts {
  readonly program: string
  /** Undefined where it is not on PATH. */
  readonly path: string | undefined
  /** Whether it is setuid root, or has file capabilities. */
  readonly isPrivileged: boolean
}

/** What enters the engine's namespaces. */
export type LauncherFacts = { readonly kind: 'pelago-ns' | 'unshare'; readonly path: string } | { readonly kind: 'none' }

export interface LimitFacts {
  /** `user.max_*_namespaces`, by the word between; without those that the machine does not have. */
  readonly maxNamespaces: ReadonlyMap<string, number>
  /** Whether this process runs in a container, by what runtimes leave there. */
  readonly isContainer: boolean
  /** Whether system calls of this process are filtered. */
  readonly hasSeccompFilter: boolean
}

export type RuntimeFacts =
  | { readonly kind: 'found'; readonly path: string; readonly version: string; readonly features: readonly string[] }
  | { readonly kind: 'broken'; readonly path: string; readonly reason: string }
  | { readonly kind: 'missing' }

export interface RegistrationFacts extends Registration {
  /** Of the architecture that it is for, as in a platform. */
  readonly architecture: string
  readonly isInterpreterThere: boolean
}

export interface EmulatorFacts {
  readonly architecture: EmulatedArchitecture
  readonly search: QemuSearch
  /** Of what was found; '' where it does not say. */
  readonly version: string
  /** The interpreter that the machine itself has registered for it, with the flag F. */
  readonly registered: string | undefined
  /** How to install it here. */
  readonly install: string
}

export interface FolderFacts {
  readonly path: string
  /** Why nothing can be written there. */
  readonly problem: string | undefined
  readonly freeBytes: number
  /** Undefined where the file system does not count them. */
  readonly freeInodes: number | undefined
}

export interface StoreFacts extends FolderFacts {
  /** Whose it is, by name or number; undefined where it is the user's own, or not there yet. */
  readonly otherOwner: string | undefined
  /** Whether its database can be read by this release; undefined where there is none. */
  readonly database: Attempt | undefined
  /** What killed commands have left there. */
  readonly leftovers: number
}

export interface MemoryFacts {
  readonly totalBytes: number
  readonly availableBytes: number
  readonly freeSwapBytes: number
  /** What the cgroup of this process may take; undefined where it is not limited. */
  readonly limitBytes: number | undefined
}

export type CgroupFacts =
  /** `controllers` are those of this process's cgroup; `isDelegated` says whether it may make cgroups in it. */
  | { readonly kind: 'v2'; readonly controllers: readonly string[]; readonly isDelegated: boolean }
  | { readonly kind: 'v1' | 'hybrid' | 'none' }

export interface ClockFacts {
  readonly now: Date
  /** The latest of the times of files that were there before: the clock cannot be behind it. */
  readonly newestFile: { readonly path: string; readonly at: Date } | undefined
  /** Whether a service says that it keeps the clock; undefined where none does. */
  readonly isSynchronized: boolean | undefined
}

export interface CertificateFacts {
  readonly path: string
  readonly problem: string | undefined
}

export interface ProxyFacts {
  readonly name: string
  readonly value: string
  readonly problem: string | undefined
}

/** What is known of the user's logins to registries. */
export type LoginFacts =
  | { readonly kind: 'read'; readonly paths: readonly string[]; readonly helpers: readonly HelperFacts[] }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** A program that the Docker config leaves logins to. */
export interface HelperFacts {
  readonly program: string
  /** Whether it answers; undefined where it is not installed. */
  readonly answer: Attempt | undefined
}

export type EngineFacts =
  | { readonly kind: 'running'; readonly socket: string; readonly version: string; readonly pid: number | undefined; readonly memoryBytes: number | undefined; readonly staleSockets: readonly string[] }
  | { readonly kind: 'idle'; readonly staleSockets: readonly string[] }
  /** There is no place for its socket. */
  | { readonly kind: 'homeless'; readonly reason: string; readonly remedy: string }
