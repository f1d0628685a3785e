import type { DescribePlatformResponse } from '../../api/gen/local_pb.ts'
import { OTHER_NAMES } from '../../ground/architectureNames.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { ARCHITECTURE_FACTS } from './architectureFacts.ts'
import { explainOrder, type Candidate, type JudgedImage } from './matching.ts'
import type { WrittenPlatform } from './writtenPlatform.ts'

/** All there is to say of a platform here; `--format json` shows it as it is. */
export interface Explanation {
  readonly platform: string
  readonly meaning: string
  /** On how it was written. */
  readonly remarks: readonly string[]
  readonly otherNames: readonly { readonly name: string; readonly whose: string }[]
  readonly machine: { readonly platform: string; readonly native: readonly string[] }
  readonly runs: PlatformRuns
  readonly limits: readonly string[]
  /** Best first. */
  readonly takesImagesFor: readonly Candidate[]
  readonly image: ImageChoice | undefined
}

export type PlatformRuns =
  | { readonly kind: 'native' }
  | { readonly kind: 'emulated'; readonly emulator: string; readonly version: string; readonly path: string; readonly cpu: string }
  | { readonly kind: 'missing'; readonly reason: string; readonly remedy: string }

/** What a platform gets of an image. */
export interface ImageChoice {
  readonly name: string
  /** Where it was found, such as `registry`. */
  readonly from: string
  readonly isIndex: boolean
  readonly manifests: readonly JudgedImage[]
  /** Where nothing is chosen. */
  readonly nearest: readonly string[]
}

export interface ExplanationFacts {
  readonly support: DescribePlatformResponse['support']
  /** What runs natively, the machine's own platform first. */
  readonly native: readonly string[]
  readonly image: ImageChoice | undefined
}

export function explain({ platform, remarks }: WrittenPlatform, { support, native, image }: ExplanationFacts): Explanation {
  const { architecture, variant } = platform
  const runs = runsOf(support, architecture)
  return {
    platform: formatPlatform(platform),
    meaning: meaningOf(platform),
    remarks,
    otherNames: OTHER_NAMES.filter((other) => other.architecture === architecture && (other.variant === variant || other.variant === '')).map(({ name, whose }) => ({ name, whose: whose === 'others' ? 'other tools' : whose })),
    machine: { platform: native[0] ?? '', native },
    runs,
    limits: runs.kind === 'emulated' ? limitsOf(platform) : [],
    takesImagesFor: explainOrder(platform),
    image,
  }
}

function meaningOf({ architecture, variant }: Platform): string {
  const facts = ARCHITECTURE_FACTS.get(architecture)
  const level = facts?.variants.get(variant)
  return [facts?.meaning, level].filter((part) => part !== undefined).join(', ')
}

function runsOf(support: DescribePlatformResponse['support'], architecture: string): PlatformRuns {
  switch (support.case) {
    case 'native':
      return { kind: 'native' }
    case 'emulated':
      return { kind: 'emulated', ...plain(support.value), cpu: CPUS.get(architecture) ?? "the one that QEMU takes by itself; QEMU_CPU in the step's environment names another" }
    case 'missing':
      return { kind: 'missing', reason: support.value.reason, remedy: support.value.hint }
    case undefined:
      return { kind: 'missing', reason: 'the engine does not say how it runs', remedy: 'use an engine of this version' }
  }
}

function plain({ emulator, version, path }: { readonly emulator: string; readonly version: string; readonly path: string }): { emulator: string; version: string; path: string } {
  return { emulator, version, path }
}

/** What QEMU takes where it is not told: for Arm all that it knows, so that every variant runs. */
const CPUS: ReadonlyMap<string, string> = new Map([
  ['arm64', "all that QEMU knows (max), whatever the variant; QEMU_CPU=cortex-a57 in the step's environment, which signs no pointers, makes some programs up to twice as fast"],
  ['arm', 'all that QEMU knows (max), whatever the variant: a program that needs v7 is not noticed on v6'],
])

/** Of user mode emulation, as measured with QEMU 7.2 and 11.1. */
function limitsOf({ architecture }: Platform): readonly string[] {
  const pages = ARCHITECTURE_FACTS.get(architecture)?.pages
  return [
    'slow: about 20 times the CPU time to start programs, 9 to 19 times for compilers and interpreters, 3 times for compression',
    'no ptrace (strace, gdb), seccomp, eBPF, io_uring, nor new user namespaces: these calls fail with ENOSYS or EINVAL',
    "/proc/cpuinfo is this machine's",
    ...(pages === undefined ? [] : [`memory pages have 4 KiB; real machines have ${pages}: what is built for one size may not run with another`]),
  ]
}
