import { basename } from 'node:path'
import { OTHER_NAMES } from '../../ground/architectureNames.ts'
import { formatPlatform, isSamePlatform, normalizePlatform, type Platform } from '../../ground/platform.ts'
import type { Environment } from '../../kit/enterNamespaces.ts'
import { EmulatorMissingError, type RunMode } from '../executor.ts'
import { EMULATED_ARCHITECTURES, type EmulatedArchitecture } from './architectures.ts'
import { findRegistration, formatRegistration, readHostRegistrations, registerInFront, registerPrivately, type BinfmtAccess } from './binfmt.ts'
import { nativePlatforms, type CpuFacts } from './cpu.ts'
import { qemuHint } from '../packages.ts'
import { findQemu, readOsRelease, type Qemu } from './qemu.ts'
import { tuneEmulator, type Tuning } from './sealed/tunedEmulator.ts'

/** Which platforms run here, and how. All is found out when it is made; asking costs a look-up. */
export interface Emulation {
  /** The machine's own platform, in its baseline. */
  readonly native: Platform
  /** @throws EmulatorMissingError */
  runMode(platform: Platform): RunMode
  platforms(): readonly { readonly platform: Platform; readonly mode: RunMode }[]
  /** Path of the emulator that runs `platform`; undefined where none does. */
  emulatorPath(platform: Platform): string | undefined
  /** Has `platform` run by the best that there is. To be awaited before something runs there; costs nothing but the first time. */
  prepare(platform: Platform): Promise<void>
  /** What is registered in a binfmt_misc that is private; nothing where the machine's own is used. */
  privateRegistrations(): readonly PrivateRegistration[]
  /** What makes programs for `architecture` run here, as a command or an imperative; '' where nothing does, undefined where they do run. */
  howToRun(architecture: string): string | undefined
}

export interface PrivateRegistration {
  readonly architecture: EmulatedArchitecture
  /** The file that is registered: the emulator, or a copy of it that shows `cpuModel`. */
  readonly interpreter: string
  readonly cpuModel: string | undefined
}

type Support = { readonly kind: 'works'; readonly qemu: Qemu } | { readonly kind: 'fails'; readonly reason: string; readonly hint: string }

/**
 * Registers every emulator that is installed, where binfmt_misc is private; else goes by what the machine has registered.
 * Without `tuning` the emulators stay as they are.
 */
export function createEmulation(cpu: CpuFacts, environment: Environment, tuning?: Tuning): Emulation {
  const natives = nativePlatforms(cpu)
  const [native] = natives
  if (native === undefined) throw new EmulatorMissingError(NO_PLATFORM, `unknown processor: ${JSON.stringify(cpu.machine)}`, 'run Pelago on another machine')
  const nativeArchitectures = new Set(natives.map(({ architecture }) => architecture))
  const supports = findSupports(EMULATED_ARCHITECTURES.filter(({ architecture }) => !nativeArchitectures.has(architecture)), environment)
  const emulatorOf = ({ os, architecture }: Platform): Qemu | undefined => {
    const support = os === 'linux' ? supports.get(architecture) : undefined
    return support?.kind === 'works' ? support.qemu : undefined
  }
  const runMode = (platform: Platform): RunMode => {
    if (natives.some((one) => isSamePlatform(one, platform))) return { kind: 'native' }
    const qemu = emulatorOf(platform)
    if (qemu !== undefined) return { kind: 'emulated', emulator: qemu.name }
    throw missing(platform, native, supports.get(platform.architecture))
  }
  const emulated = EMULATED_ARCHITECTURES.flatMap((one) => listPlatforms(one)).filter((platform) => emulatorOf(platform) !== undefined)
  const all = [...natives, ...emulated].map((platform) => ({ platform, mode: runMode(platform) }))
  const howToRun = (architecture: string): string | undefined => {
    const support = supports.get(architecture)
    if (support === undefined) return nativeArchitectures.has(architecture) ? undefined : ''
    return support.kind === 'works' ? undefined : support.hint
  }
  const registrations = parseAccess(environment['PELAGO_NS_BINFMT']) === 'private' ? createRegistrations(supports, tuning) : undefined
  return {
    native,
    runMode,
    platforms: () => all,
    emulatorPath: (platform) => emulatorOf(platform)?.path,
    prepare: async ({ architecture }) => await registrations?.prepare(architecture),
    privateRegistrations: () => registrations?.list() ?? [],
    howToRun,
  }
}

interface Registrations {
  prepare(architecture: string): Promise<void>
  list(): readonly PrivateRegistration[]
}

/** Emulators are tuned as they are needed: most engines never need most of them. */
function createRegistrations(supports: ReadonlyMap<string, Support>, tuning: Tuning | undefined): Registrations {
  const registered = new Map(EMULATED_ARCHITECTURES.flatMap((architecture) => toRegistration(architecture, supports.get(architecture.architecture))))
  const tunings = new Map<string, Promise<void>>()
  const tune = async ({ architecture, interpreter }: PrivateRegistration): Promise<void> => {
    const tuned = tuning && (await tuneEmulator(architecture, interpreter, tuning))
    if (tuned === undefined || !registerInFront(architecture, tuned.interpreter)) return
    registered.set(architecture.architecture, { architecture, ...tuned })
  }
  return {
    async prepare(architecture) {
      const plain = registered.get(architecture)
      if (plain === undefined) return
      const running = tunings.get(architecture) ?? tune(plain)
      tunings.set(architecture, running)
      await running
    },
    list: () => [...registered.values()],
  }
}

function toRegistration(architecture: EmulatedArchitecture, support: Support | undefined): readonly (readonly [string, PrivateRegistration])[] {
  return support?.kind === 'works' ? [[architecture.architecture, { architecture, interpreter: support.qemu.path, cpuModel: undefined }]] : []
}

const NO_PLATFORM: Platform = { os: 'linux', architecture: '', variant: '', osVersion: '' }

function findSupports(architectures: readonly EmulatedArchitecture[], environment: Environment): ReadonlyMap<string, Support> {
  const access = parseAccess(environment['PELAGO_NS_BINFMT'])
  const registrations = access === 'private' ? [] : readHostRegistrations()
  const osRelease = readOsRelease()
  return new Map(
    architectures.map((one) => {
      const registration = findRegistration(one, registrations)
      if (registration !== undefined) return [one.architecture, { kind: 'works', qemu: registeredQemu(registration.interpreter) }]
      return [one.architecture, support(one, access, { environment, osRelease })]
    }),
  )
}

function support(one: EmulatedArchitecture, access: BinfmtAccess, { environment, osRelease }: { readonly environment: Environment; readonly osRelease: string }): Support {
  const search = findQemu(one.qemuName, environment)
  const install = qemuHint(one.qemuName, osRelease)
  switch (search.kind) {
    case 'missing':
      return { kind: 'fails', reason: `qemu-${one.qemuName} is not installed`, hint: install }
    case 'dynamic':
      return { kind: 'fails', reason: `${search.path} is not a static program`, hint: `${install}, which has a static one` }
    case 'found':
      return access === 'private' ? register(one, search.qemu) : unregistered(one, search.qemu)
  }
}

function register(one: EmulatedArchitecture, qemu: Qemu): Support {
  try {
    registerPrivately(one, qemu.path)
    return { kind: 'works', qemu }
  } catch (error) {
    return { kind: 'fails', reason: `${qemu.path} cannot be registered: ${(error as Error).message}`, hint: 'see pelago doctor' }
  }
}

function unregistered(one: EmulatedArchitecture, qemu: Qemu): Support {
  return {
    kind: 'fails',
    reason: `${qemu.name} is installed, but not registered with this machine's kernel, and a private registration needs Linux 6.7`,
    hint: `as root: echo '${formatRegistration(one, qemu.path)}' > /proc/sys/fs/binfmt_misc/register`,
  }
}

function missing(platform: Platform, native: Platform, support: Support | undefined): EmulatorMissingError {
  const what = `${formatPlatform(platform)} does not run on this machine, which is ${formatPlatform(native)}`
  if (platform.os !== 'linux') return new EmulatorMissingError(platform, `${what}: only programs of linux run here`, `choose ${formatPlatform({ ...platform, os: 'linux', osVersion: '' })}, or another that pelago platforms lists`)
  if (support?.kind === 'fails') return new EmulatorMissingError(platform, `${what}: ${support.reason}`, support.hint)
  if (platform.architecture === native.architecture) {
    return new EmulatorMissingError(platform, `${what}: its processor lacks what ${platform.variant} has`, 'choose a lower variant, or a builder with a newer processor')
  }
  const meant = OTHER_NAMES.find(({ name }) => name === platform.architecture)
  const hint = meant === undefined ? 'choose one of those that pelago platforms lists' : `write ${formatPlatform({ ...platform, architecture: meant.architecture, variant: meant.variant })}, as Docker calls it`
  return new EmulatorMissingError(platform, `${what}: there is no emulator for it`, hint)
}

function listPlatforms({ architecture, variants }: EmulatedArchitecture): readonly Platform[] {
  const written = variants.length === 0 ? [''] : variants
  return written.map((variant) => normalizePlatform({ os: 'linux', architecture, variant, osVersion: '' }))
}

/** The machine's registration names a file of the machine, perhaps gone since. */
function registeredQemu(path: string): Qemu {
  return { name: basename(path).replace(/-static$/, ''), path }
}

function parseAccess(text: string | undefined): BinfmtAccess {
  return text === 'private' || text === 'host' ? text : 'none'
}
