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
  const [canonical, impliedVariant] = ARCHITECTURE_ALIASES.get(arch) ?? [arch, '']
  const level = variant === '' ? impliedVariant : variant.toLowerCase()
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
 * What may stand in for `wanted`, best first, by containerd's `Only`: lower levels of the same CPU, then for
 * amd64 its 386 and for arm64 its 32-bit arm.
 */
export function platformsServing(wanted: Platform): readonly Platform[] {
  const { os, architecture, osVersion } = wanted
  const make = (arch: string, variant: string): Platform => normalizePlatform({ os, architecture: arch, variant, osVersion })
  const level = levelOf(wanted)
  const downTo = (arch: string, from: number, to: number): Platform[] =>
    from < to ? [] : Array.from({ length: from - to + 1 }, (_, step) => make(arch, `v${from - step}`))
  switch (architecture) {
    case 'amd64':
      return [...downTo('amd64', level, 1), make('386', '')]
    case 'arm':
      return downTo('arm', level, 5)
    case 'arm64':
      return [...(level > 8 ? [wanted] : []), make('arm64', ''), ...downTo('arm', 8, 5)]
    default:
      return [wanted]
  }
}

/** The candidate that serves `wanted` best; of equals the first. */
export function choosePlatform<T extends { readonly platform: Platform | undefined }>(candidates: readonly T[], wanted: Platform): T | undefined {
  for (const serving of platformsServing(wanted)) {
    const match = candidates.find(({ platform }) => platform !== undefined && isSamePlatform(platform, serving))
    if (match !== undefined) return match
  }
  return undefined
}

function levelOf({ architecture, variant }: Platform): number {
  const written = /^v(\d+)/.exec(variant)?.[1]
  if (written !== undefined) return Number(written)
  return BASELINE_LEVELS.get(architecture) ?? 0
}

const BASELINE_LEVELS: ReadonlyMap<string, number> = new Map([
  ['amd64', 1],
  ['arm', 7],
  ['arm64', 8],
])

const ARCHITECTURE_ALIASES: ReadonlyMap<string, readonly [architecture: string, impliedVariant: string]> = new Map([
  ['x86_64', ['amd64', '']],
  ['x86-64', ['amd64', '']],
  ['aarch64', ['arm64', '']],
  ['arm', ['arm', 'v7']],
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

const KNOWN_OS: ReadonlySet<string> = new Set(['linux', 'windows', 'darwin', 'macos', 'freebsd', 'netbsd', 'openbsd', 'solaris', 'aix', 'android', 'illumos', 'plan9', 'wasip1', 'js'])

const KNOWN_ARCHITECTURES: ReadonlySet<string> = new Set([
  '386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mips64', 'mips64le', 'mipsle', 'ppc64', 'ppc64le', 'riscv64', 's390x', 'wasm',
])
