import { statSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openRoot, type OpenFolder } from '../../../archive/safePath.ts'
import { mountMemory } from '../../../kit/files/memoryFolder.ts'
import { openSubprocess } from '../../../kit/process/subprocess.ts'
import type { Crun } from '../../crun.ts'
import type { ProcessSpec, TwinSource, TwinUseCount } from '../../executor.ts'
import type { OciMount } from '../../ociSpec.ts'
import { formatRegistration } from '../binfmt.ts'
import type { Emulation } from '../emulation.ts'
import { findEmulatorCode, readsTables, writeSealedEmulator } from '../sealed/writeSealedEmulator.ts'
import { isOlder, parseQemuVersion, readQemuVersion } from '../qemuVersion.ts'
import { createFactsReader } from './fileFacts.ts'
import { findTwins, type FoundTwin, type TwinReaders } from './findTwins.ts'
import { createPackageReader } from './packages/readPackages.ts'
import { identityOf } from './rootFiles.ts'
import { copyKey, placeCopies } from './spelling/spelledCopy.ts'
import { createWordReader } from './spelling/spelledStart.ts'
import { findToolchain } from './toolchain/findToolchain.ts'
import type { ToolchainSearch } from './toolchain/toolchainSearch.ts'
import { COUNT_FILE, LINK_FOLDER, SIBLING_FOLDER, TOOLCHAIN_FOLDER, TWIN_FOLDER } from './setting/twinFolder.ts'
import { parseCount, planLinks, writeCountFile, writeLinks, type LinkPlan } from './setting/twinSetting.ts'
import type { TwinTable } from './setting/twinTable.ts'

/*
 * Native twins of a step: a binfmt_misc of its own, in which a copy of the emulator is registered that looks each program
 * up before it emulates it. What that needs stands in a folder of the step's own /dev.
 */

/** One step's, from before it starts until it has ended. Disposing takes its files away. */
export interface StepTwins extends AsyncDisposable {
  /** What the container gets besides; inside its /dev. */
  readonly mounts: readonly OciMount[]
  /** The command line of the runtime, in namespaces in which the twins are registered. Process ids stay as they are. */
  wrap(argv: readonly [string, ...string[]]): readonly [string, ...string[]]
  /** How many there were until now. */
  readUse(): Promise<TwinUseCount>
}

export interface NativeTwins {
  /** A reason where there is nothing to offer. */
  open(spec: ProcessSpec, source: TwinSource, signal: AbortSignal): Promise<StepTwins | { readonly why: string }>
}

export interface NativeTwinsOptions {
  readonly crun: Crun
  readonly emulation: Emulation
  /** Where a folder for each step is made. */
  readonly stateFolder: string
  /** `pelago-ns`; undefined where it is not built. */
  readonly namespaceProgram: string | undefined
}

/** Nothing is tried before it is asked for. */
export function createNativeTwins(options: NativeTwinsOptions): NativeTwins {
  const kept: Kept = { readers: { packages: createPackageReader(), facts: createFactsReader(), words: createWordReader() }, linkFolders: new Map(), copies: new Map(), isReversed: new Map() }
  const obstacles = new Map<string, Promise<string | undefined>>()
  return {
    async open(spec, source, signal) {
      const { emulation } = options
      const emulatorPath = emulation.emulatorPath(spec.platform)
      if (emulation.runMode(spec.platform).kind === 'native' || emulatorPath === undefined) return { why: 'it runs natively' }
      if (spec.mounts.some(({ target }) => target === '/dev' || target.startsWith(TWIN_FOLDER))) return { why: 'the step mounts something of its own at /dev' }
      const programs = findPrograms(options)
      if (programs === undefined) return { why: 'the native part of Pelago is not built: make -C native' }
      try {
        if (!readsTables(await readFile(programs.codePath))) return { why: 'the native part of Pelago is of another version: make -C native' }
        const why = await ensure(obstacles, programs.namespaceProgram, () => findObstacle(programs, options))
        signal.throwIfAborted()
        return why === undefined ? await openStep({ spec, source, emulatorPath, programs, kept, options }, signal) : { why }
      } catch (error) {
        signal.throwIfAborted()
        if ((error as NodeJS.ErrnoException).code === undefined) throw error
        return { why: `they could not be set up: ${(error as Error).message}` } // no space, say: emulated, it may well run
      }
    },
  }
}

interface Programs {
  readonly namespaceProgram: string
  /** The code that is put into the emulator. */
  readonly codePath: string
}

function findPrograms({ namespaceProgram }: NativeTwinsOptions): Programs | undefined {
  const codePath = findEmulatorCode(namespaceProgram)
  return namespaceProgram === undefined || codePath === undefined ? undefined : { namespaceProgram, codePath }
}

/** Why a step can have no binfmt_misc of its own here; found out by giving one to a program that only says its version. */
async function findObstacle({ namespaceProgram }: Programs, { crun, emulation }: NativeTwinsOptions): Promise<string | undefined> {
  if (emulation.privateRegistrations().length === 0) return 'emulators cannot be registered in private here, which needs Linux 6.7: see pelago doctor'
  await using child = openSubprocess([namespaceProgram, '--own-binfmt', '/dev/null', '--', ...crun.argv, '--version'], { cwd: '/', env: crun.env }, new AbortController().signal) // what is shared must not end with one of those that share it
  let said = ''
  for await (const bytes of child.stderr) said = (said + Buffer.from(bytes).toString()).slice(0, 500)
  return (await child.exitCode) === 0 ? undefined : `a step can have no binfmt_misc of its own here: ${said.trim().replace(/^pelago-ns: /, '')}`
}

/** What is found out or made once, and good for all steps. */
interface Kept {
  readonly readers: TwinReaders
  /** Folders of links, by what is in them; they stay in the state folder. */
  readonly linkFolders: Map<string, Promise<string>>
  /** Copies in them, likewise. */
  readonly copies: Map<string, Promise<string>>
  /** Whether an emulator gives programs their environment back to front, by its path. */
  readonly isReversed: Map<string, Promise<boolean>>
}

function ensure<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make()
  known.set(key, made)
  made.catch(() => known.delete(key)) // the next one tries again
  return made
}

async function makeLinkFolder({ links, copies }: LinkPlan, roots: ReadonlyMap<string, OpenFolder>, { kept, options: { stateFolder } }: StepParts): Promise<string> {
  const folder = await mkdtemp(join(stateFolder, 'links-'))
  await chmod(folder, 0o755) // for every user of a step
  await writeLinks(folder, links)
  await placeCopies(folder, copies.values(), { folder: join(stateFolder, 'copies'), made: kept.copies, roots })
  return folder
}

/** What a folder of links is made of. */
function linkKey({ links, copies }: LinkPlan): string {
  return JSON.stringify([[...links], [...copies].map(([path, copy]) => [path, copyKey(copy)])])
}

async function reversesEnvironment(emulatorPath: string): Promise<boolean> {
  const version = parseQemuVersion(await readQemuVersion(emulatorPath, new AbortController().signal)) // shared, so that it must not end with one of those that share it
  return version !== undefined && isOlder(version, [8, 1, 0])
}

interface StepParts {
  readonly spec: ProcessSpec
  readonly source: TwinSource
  readonly emulatorPath: string
  readonly programs: Programs
  readonly kept: Kept
  readonly options: NativeTwinsOptions
}

async function openStep(parts: StepParts, signal: AbortSignal): Promise<StepTwins | { readonly why: string }> {
  const { spec, source, emulatorPath, programs, kept, options } = parts
  using step = openRoot(spec.rootfs)
  using sibling = openRoot(source.rootfs)
  using toolchain = source.toolchain === undefined ? undefined : openRoot(source.toolchain.rootfs)
  const tools = await findTwins({ step, target: spec.platform, sibling, native: source.platform }, kept.readers, signal)
  const compilers = toolchain === undefined ? NO_COMPILERS : await findToolchain({ step, target: spec.platform, toolchain, native: source.platform }, kept.readers, signal)
  const twins = [...(tools.kind === 'found' ? tools.twins : []), ...compilers.twins]
  if (tools.kind === 'none' && twins.length === 0) return { why: tools.why }
  const plan = planLinks(await withoutFresh(twins, signal))
  await using stack = new AsyncDisposableStack()
  await mkdir(options.stateFolder, { recursive: true })
  const folder = await mkdtemp(join(options.stateFolder, 'twins-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const paths = { sealed: join(folder, basename(emulatorPath)), registrations: join(folder, 'binfmt'), counts: join(folder, 'counts') }
  const links = await ensure(kept.linkFolders, linkKey(plan), () => makeLinkFolder(plan, new Map([[SIBLING_FOLDER, sibling], ...(toolchain === undefined ? [] : [[TOOLCHAIN_FOLDER, toolchain] as const])]), parts))
  await mkdir(paths.counts)
  stack.use(mountMemory(paths.counts, COUNT_BYTES))
  const countFile = join(paths.counts, 'count')
  await writeCountFile(countFile)
  if (!(await writeSealedEmulator(paths.sealed, { emulatorPath, codePath: programs.codePath, table: await tableOf(plan, parts) }))) return { why: `${emulatorPath} cannot be made to look for twins` }
  await writeFile(paths.registrations, formatRegistrations(parts, paths.sealed))
  const owned = stack.move()
  return {
    mounts: [bind(SIBLING_FOLDER, source.rootfs, 'rbind', ['ro']), ...(source.toolchain === undefined ? [] : [bind(TOOLCHAIN_FOLDER, source.toolchain.rootfs, 'rbind', ['ro'])]), bind(LINK_FOLDER, links, 'bind', ['ro']), bind(COUNT_FILE, countFile, 'bind', ['noexec'])],
    wrap: (argv) => [programs.namespaceProgram, '--own-binfmt', paths.registrations, '--', ...argv],
    readUse: async () => ({ ...parseCount(await readFile(countFile, 'latin1')), ...(compilers.why !== undefined && { withoutToolchain: compilers.why }) }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const NO_COMPILERS: ToolchainSearch = { twins: [], why: undefined }

/** A letter for each process; a step that starts more of them is not counted on. */
const COUNT_BYTES = 16 * 1024 * 1024

/** Of a file that has just changed, another change might leave its times as they are: clocks go by steps of some milliseconds. */
const CLOCK_STEP_MS = 20

async function withoutFresh(twins: readonly FoundTwin[], signal: AbortSignal): Promise<readonly FoundTwin[]> {
  const ageMs = ({ file }: FoundTwin): number => Date.now() - Number(file.ctimeNs / 1_000_000n)
  if (twins.some((twin) => ageMs(twin) < CLOCK_STEP_MS)) await delay(CLOCK_STEP_MS, undefined, { signal })
  return twins.filter((twin) => ageMs(twin) >= CLOCK_STEP_MS)
}

async function tableOf({ starts }: LinkPlan, { spec, source, emulatorPath, kept, options }: StepParts): Promise<TwinTable> {
  return {
    root: identityOf(statSync(source.rootfs, { bigint: true })),
    hasSameLocales: spec.platform.architecture !== 's390x', // the only one of another byte order
    isEnvironmentReversed: await ensure(kept.isReversed, emulatorPath, () => reversesEnvironment(emulatorPath)),
    cpuModel: options.emulation.privateRegistrations().find(({ architecture: { architecture } }) => architecture === spec.platform.architecture)?.cpuModel,
    entries: starts.map(({ twin, start }) => ({ file: twin.file, twin: start })),
  }
}

/** As they are for other steps, but for the step's own architecture. */
function formatRegistrations({ spec, options }: StepParts, sealed: string): string {
  const lines = options.emulation.privateRegistrations().map(({ architecture, interpreter }) => formatRegistration(architecture, architecture.architecture === spec.platform.architecture ? sealed : interpreter))
  return lines.map((line) => `${line}\n`).join('')
}

function bind(destination: string, source: string, kind: 'bind' | 'rbind', more: readonly string[]): OciMount {
  return { destination, type: 'bind', source, options: [kind, 'nosuid', 'nodev', ...more] }
}
