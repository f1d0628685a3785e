import { formatPlatform, isSamePlatform, platformsServing, type Platform } from '../../ground/platform.ts'
import type { BuilderNode } from '../builders/builder.ts'

/** What is known of a node whose engine answers. */
export interface NodeFacts {
  readonly node: BuilderNode
  /** What its engine says it runs, its own platform first. */
  readonly platforms: readonly NodePlatform[]
  /** Others than this one. */
  readonly runningBuilds: number
  /** UNTOLD_CPUS where its engine does not tell. */
  readonly cpus: number
  /** Whether the engine is Pelago's own. */
  readonly isPelago: boolean
}

/** What a buildkitd is taken for. */
export const UNTOLD_CPUS = 4

export interface NodePlatform {
  readonly platform: Platform
  readonly runs: RunsHow
}

/** Of `emulator`, '' is one that the engine does not name. */
export type RunsHow = { readonly kind: 'natively' } | { readonly kind: 'emulated'; readonly emulator: string }

/** How a node comes to a platform. */
export interface NodeFit {
  /** Whether the user has said that the node is for it. */
  readonly isGiven: boolean
  /** Undefined where the engine does not list it. */
  readonly runs: RunsHow | undefined
}

/** Undefined where the node is not for the platform. */
export function fitOf({ node, platforms }: NodeFacts, wanted: Platform): NodeFit | undefined {
  const isGiven = node.platforms.some((platform) => isSamePlatform(platform, wanted))
  const runs = runsHow(platforms, wanted)
  return isGiven || runs !== undefined ? { isGiven, runs } : undefined
}

/** What is listed, or serves as well: a CPU that is listed runs what is made for its lower levels. */
function runsHow(platforms: readonly NodePlatform[], wanted: Platform): RunsHow | undefined {
  const listed = platforms.find(({ platform }) => isSamePlatform(platform, wanted))
  return (listed ?? platforms.find(({ platform }) => platform.architecture === wanted.architecture && platformsServing(platform).some((served) => isSamePlatform(served, wanted))))?.runs
}

/**
 * How a buildkitd runs what it lists, which it does not say: natively what its first platform, its own, is or serves,
 * and what is of the same CPU; the rest emulated.
 */
export function platformsOfWorker(listed: readonly Platform[]): readonly NodePlatform[] {
  const [own] = listed
  const isNative = (platform: Platform): boolean => own !== undefined && (platform.architecture === own.architecture || platformsServing(own).some((served) => isSamePlatform(served, platform)))
  return listed.map((platform) => ({ platform, runs: isNative(platform) ? { kind: 'natively' } : { kind: 'emulated', emulator: '' } }))
}

/** `linux/amd64 (native), linux/arm64 (qemu-aarch64), linux/riscv64 (given)` */
export function describePlatforms({ node, platforms }: Pick<NodeFacts, 'node' | 'platforms'>): string {
  const given = node.platforms.filter((platform) => !platforms.some((one) => isSamePlatform(one.platform, platform))).map((platform) => `${formatPlatform(platform)} (given)`)
  const listed = platforms.map(({ platform, runs }) => `${formatPlatform(platform)} (${runs.kind === 'natively' ? 'native' : runs.emulator === '' ? 'emulated' : runs.emulator})`)
  return [...given, ...listed].join(', ') || 'no platform'
}
