import { InvalidValueError } from './errors.ts'

/** OCI image-spec, image-index.md, `platform`. Normalized: only `parsePlatform` and `normalizePlatform` make one. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  /** CPU variant, such as `v7`; '' is the architecture's baseline (`arm64` is v8, `amd64` is v1). */
  readonly variant: string
  /** `os.version` of Windows images; '' elsewhere. */
  readonly osVersion: string
}

const HINT = 'write os/arch[/variant], such as linux/arm64'

/**
 * Reads `arch`, `os/arch` or `os/arch/variant`, each with containerd's aliases; a lone word is an architecture of
 * linux. Where `host` is given, it may also be an operating system, which then stands for the host's CPU.
 * @throws InvalidValueError
 */
export function parsePlatform(text: string, host?: Platform): Platform {
  const [first = '', ...rest] = text.toLowerCase().split('/')
  const isInvalid = [first, ...rest].some((part) => !/^[a-z0-9_.-]+$/.test(part)) || rest.length > 2
  if (isInvalid) throw new InvalidValueError(`invalid platform: ${JSON.stringify(text)}`, { hint: HINT })
  const [second, variant = ''] = rest
  if (second !== undefined) return normalizePlatform({ os: first, architecture: second, variant, osVersion: '' })
  if (KNOWN_OS.has(first) && host !== undefined) return normalizePlatform({ ...host, os: first, osVersion: '' })
  const lone = normalizePlatform({ os: 'linux', architecture: first, variant: '', osVersion: '' })
  if (KNOWN_ARCHITECTURES.has(lone.architecture)) return lone
  const what = KNOWN_OS.has(first) ? `no architecture in ${JSON.stringify(text)}` : `unknown architecture: ${JSON.stringify(text)}`
  throw new InvalidValueError(what, { hint: HINT })
}

/** Containerd's normal form: aliases resolved, the baseline variant written as ''. */
export function normalizePlatform({ os, architecture, variant, osVersion }: Platform): Platform {
  const lowerOs = os.toLowerCase()
  const arch = architecture.toLowerCase()
  const [canonical, impliedVariant] = ARCHITECTURE_ALIASES.get(arch) ?? [arch, undefined]
  const written = impliedVariant ?? variant.toLowerCase()
  const level = written === '' && canonical === 'arm' ? 'v7' : written
  return { os: lowerOs === 'macos' ? 'darwin' : lowerOs, architecture: canonical, variant: VARIANT_ALIASES.get(`${canonical}/${level}`) ?? level, osVersion }
}

/** `os/arch[/variant]`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === '' ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`
}

export function isSamePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(a) === formatPlatform(b)
}

/**
 * What may stand in for `wanted`, itself first, then best first, by containerd's `Only`: lower levels of the same CPU,
 * then for amd64 its 386 and for arm64 its 32-bit arm.
 */
export function platformsServing(wanted: Platform): readonly Platform[] {
  const { os, architecture, osVersion } = wanted
  const make = (arch: string, variant: string): Platform => normalizePlatform({ os, architecture: arch, variant, osVersion })
  switch (architecture) {
    case 'amd64':
      return [wanted, ...levelsBelow(levelOf(wanted, 1), 1).map((level) => make('amd64', level)), make('386', '')]
    case 'arm':
      return [wanted, ...levelsBelow(levelOf(wanted, 5), 5).map((level) => make('arm', level))]
    case 'arm64':
      return [wanted, ...arm64Below(wanted.variant).map((level) => make('arm64', level)), ...levelsBelow(9, 5).map((level) => make('arm', level))]
    default:
      return [wanted]
  }
}

/** Of a variant that is a number behind `v`; `lowest` where it is none. */
function levelOf({ variant }: Platform, lowest: number): number {
  return Number(/^v(\d{1,2})$/.exec(variant)?.[1] ?? lowest)
}

function levelsBelow(level: number, lowest: number): readonly string[] {
  return Array.from({ length: Math.max(0, level - lowest) }, (_, step) => `v${level - 1 - step}`)
}

/** Armv9.N has all of Armv8.(N + 5) (Arm Architecture Reference Manual, "Armv9-A architecture extensions"). */
function arm64Below(variant: string): readonly string[] {
  const [, major, minorText = '0'] = /^v([89])(?:\.(\d))?$/.exec(variant) ?? []
  const minors = (of: number, from: number): string[] => Array.from({ length: Math.max(0, from + 1) }, (_, step) => `v${of}.${from - step}`)
  const minor = Number(minorText)
  if (major === undefined) return []
  return major === '9' ? [...minors(9, minor - 1), ...minors(8, minor + 5)] : minors(8, minor - 1)
}

/** The candidate that serves `wanted` best; of equals the first. */
export function choosePlatform<T extends { readonly platform: Platform | undefined }>(candidates: readonly T[], wanted: Platform): T | undefined {
  for (const serving of platformsServing(wanted)) {
    const match = candidates.find(({ platform }) => platform !== undefined && isSamePlatform(platform, serving))
    if (match !== undefined) return match
  }
  return undefined
}

/** Other names of architectures; those that stand for one variant do so whatever variant is written behind them. */
export const ARCHITECTURE_ALIASES: ReadonlyMap<string, readonly [architecture: string, impliedVariant: string | undefined]> = new Map([
  ['x86_64', ['amd64', undefined]],
  ['x86-64', ['amd64', undefined]],
  ['aarch64', ['arm64', undefined]],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
  ['i386', ['386', '']],
])

/** How a variant of an architecture is written; the baseline as ''. */
const VARIANT_ALIASES: ReadonlyMap<string, string> = new Map([
  ['amd64/v1', ''],
  ['arm64/8', ''],
  ['arm64/v8', ''],
  ['arm64/v8.0', ''],
  ['arm64/9', 'v9'],
  ['arm64/9.0', 'v9'],
  ['arm64/v9.0', 'v9'],
  ['arm/5', 'v5'],
  ['arm/6', 'v6'],
  ['arm/7', 'v7'],
  ['arm/8', 'v8'],
])

export const KNOWN_OS: ReadonlySet<string> = new Set(['linux', 'windows', 'darwin', 'macos', 'freebsd', 'netbsd', 'openbsd', 'solaris', 'aix', 'android', 'illumos', 'plan9', 'wasip1', 'js'])

export const KNOWN_ARCHITECTURES: ReadonlySet<string> = new Set([
  '386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mips64', 'mips64le', 'mipsle', 'ppc64', 'ppc64le', 'riscv64', 's390x', 'wasm',
])
