import type { EmulatedArchitecture } from '../../../executor/emulation/architectures.ts'
import type { QemuSearch } from '../../../executor/emulation/qemu.ts'

/** What `examineMachine` finds out, and `judgeMachine` judges. */
export interface MachineFacts {
  /** As `process.version`: `v24.1.0`. */
  readonly nodeVersion: string
  /** As `uname -r`. */
  readonly kernelRelease: string
  readonly user: UserFacts
  /** Platforms that need no emulation, the machine's own first. */
  readonly nativePlatforms: readonly string[]
  readonly launcher: LauncherFacts
  /** By the names of `pelago-ns --probe`. What was not tried is not there. */
  readonly facilities: ReadonlyMap<string, Attempt>
  readonly runtime: RuntimeFacts
  /** Of the architectures that are not native. */
  readonly emulators: readonly EmulatorFacts[]
  readonly store: StoreFacts
  readonly settings: Attempt
  readonly logins: LoginFacts
  readonly engine: EngineFacts
}

export type Attempt = { readonly kind: 'works' } | { readonly kind: 'fails'; readonly reason: string }

export interface UserFacts {
  readonly name: string
  readonly isRoot: boolean
  /** Whether `newuidmap` and `newgidmap` are on PATH. */
  readonly hasIdTools: boolean
  /** How many ids of /etc/subuid and of /etc/subgid are the user's: the lesser number. */
  readonly subordinateIds: number
}

/** What enters the engine's namespaces. */
export type LauncherFacts = { readonly kind: 'pelago-ns' | 'unshare'; readonly path: string } | { readonly kind: 'none' }

export type RuntimeFacts =
  | { readonly kind: 'found'; readonly path: string; readonly version: string }
  | { readonly kind: 'broken'; readonly path: string; readonly reason: string }
  | { readonly kind: 'missing' }

export interface EmulatorFacts {
  readonly architecture: EmulatedArchitecture
  readonly search: QemuSearch
  /** The interpreter that the machine itself has registered for it. */
  readonly registered: string | undefined
  /** How to install it here. */
  readonly install: string
}

export interface StoreFacts {
  readonly root: string
  /** Why nothing can be written there. */
  readonly problem: string | undefined
  readonly freeBytes: number
}

/** What is known of the user's logins to registries. */
export type LoginFacts =
  | { readonly kind: 'read'; readonly paths: readonly string[]; readonly helpers: readonly HelperFacts[] }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** A program that the Docker config leaves logins to. */
export interface HelperFacts {
  readonly program: string
  readonly isInstalled: boolean
}

export type EngineFacts =
  | { readonly kind: 'running'; readonly socket: string }
  | { readonly kind: 'idle' }
  /** There is no place for its socket. */
  | { readonly kind: 'homeless'; readonly reason: string; readonly remedy: string }
