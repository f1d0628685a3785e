import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openRoot, type OpenFolder } from '../archive/safePath.ts'
import type { Platform } from '../ground/platform.ts'
import { findNamespaceProgram, findProgram, type Environment } from '../kit/enterNamespaces.ts'
import { openPipedProcess, type RunningChild } from '../kit/process/pipedProcess.ts'
import { createCrun, deleteContainer, readCrunError, readInitPid, runCrun, type Crun } from './crun.ts'
import { readCpu } from './emulation/cpu.ts'
import { createEmulation, type Emulation } from './emulation/emulation.ts'
import { findEmulatorCode } from './emulation/sealed/writeSealedEmulator.ts'
import { ContainerEndedError, ProcessStartError, StepFailedError, type ContainerProcess, type Emulator, type Executor, type OutputChunk, type ProcessSpec, type RunObserver, type TerminalSize } from './executor.ts'
import { openAddedProcess, runningProcess } from './addedProcess.ts'
import { runtimeArgv, RuntimeMissingError } from './runtimeArgv.ts'
import { readOsRelease } from './emulation/qemu.ts'
import { createNativeTwins, type NativeTwins, type StepTwins } from './emulation/twins/nativeTwins.ts'
import { readQemuVersion } from './emulation/qemuVersion.ts'
import { ensureOwnedFolder } from './missingPath.ts'
import { exitHint, readMemoryKills } from './exitReason.ts'
import { fullDiskHint } from './fullDisk.ts'
import { formatHosts, readResolvConf, withDns, type DnsParts } from './networkFiles.ts'
import { buildOciProcess, buildOciSpec, DEFAULT_HOSTNAME, type OciMount, type OciProcess, type OciSpec, type Prepared, type Surroundings } from './ociSpec.ts'
import { findPrivilegedDevices } from './privileges/privilegedDevices.ts'
import { readHardLimits, toRlimits, type HardLimits } from './rlimits.ts'
import { readSeccompFilter } from './privileges/seccompFilter.ts'
import { sandboxSeccomp } from './privileges/seccompProfile.ts'
import { installHint } from './packages.ts'
import type { FailedProcess } from './programs/explainFailure.ts'
import { viewPrograms } from './programs/programView.ts'
import { toStartError } from './startFailure.ts'
import { createMountPoints, placeMounts } from './stepMounts.ts'
import { homeOf, resolveUser } from './user.ts'
import { watchContainer, type WatchableContainer } from './watchedContainer.ts'

export interface CrunExecutorOptions {
  /** For bundles and the runtime's state; the executor's own, and not on a network file system. */
  readonly stateFolder: string
  /** Whether `stateFolder` is in memory, so that what is written there is never on a disk. */
  readonly isStatePrivate: boolean
  /** For what the next executor can use, too: the compiled filter, copies of emulators. `stateFolder` where it is not given. */
  readonly cacheFolder?: string
  /** Of a process inside `pelago-ns`: says what the namespaces allow, and holds the PATH where crun and QEMU are. */
  readonly environment: Environment
  /** Instead of what the machine's resolv.conf says. */
  readonly dns?: DnsParts | undefined
}

/**
 * Runs each process in a container made by crun. To be used inside the namespaces of `pelago-ns`. The networks `default`
 * and `host` are both the engine's; `none` has a loopback device only.
 * @throws RuntimeMissingError
 */
export async function createCrunExecutor({ stateFolder, isStatePrivate, cacheFolder = stateFolder, environment, dns }: CrunExecutorOptions): Promise<Executor> {
  const program = findProgram('crun', environment)
  if (program === undefined) throw new RuntimeMissingError('crun is not installed', { hint: installHint('crun', readOsRelease()) })
  await mkdir(stateFolder, { recursive: true })
  const crun = createCrun(program, stateFolder, { PATH: environment['PATH'] ?? '' })
  const namespaceProgram = findNamespaceProgram(environment)
  const codePath = findEmulatorCode(namespaceProgram)
  const emulation = createEmulation(readCpu(), environment, codePath === undefined ? undefined : { folder: cacheFolder, codePath })
  const context: Context = {
    crun,
    emulation,
    stateFolder,
    isStatePrivate,
    cacheFolder,
    namespaceProgram,
    hardLimits: await readHardLimits(),
    surroundings: readSurroundings(emulation, environment),
    filter: undefined,
    dns,
    twins: createNativeTwins({ crun, emulation, stateFolder, namespaceProgram }),
  }
  return {
    runMode: (platform) => emulation.runMode(platform),
    emulatorOf: (platform, signal) => emulatorOf(emulation, platform, signal),
    platforms: () => emulation.platforms(),
    run: (spec, signal, observer) => run(context, { spec, observer }, signal),
    open: (spec, terminal, signal) => open(context, spec, terminal, signal),
  }
}

async function emulatorOf(emulation: Emulation, platform: Platform, signal: AbortSignal): Promise<Emulator | undefined> {
  const mode = emulation.runMode(platform)
  const path = emulation.emulatorPath(platform)
  if (mode.kind === 'native' || path === undefined) return undefined
  return { name: mode.emulator, path, version: await readQemuVersion(path, signal) }
}

interface Context {
  readonly crun: Crun
  readonly emulation: Emulation
  readonly stateFolder: string
  readonly isStatePrivate: boolean
  readonly cacheFolder: string
  readonly namespaceProgram: string | undefined
  readonly hardLimits: HardLimits
  readonly surroundings: Surroundings
  /** Compiled at the first need, once for all that need it. */
  filter: Promise<string | undefined> | undefined
  readonly dns: DnsParts | undefined
  readonly twins: NativeTwins
}

function readSurroundings({ native }: Emulation, environment: Environment): Surroundings {
  return {
    native,
    hasIdRange: environment['PELAGO_NS_IDS'] !== 'one',
    hasOwnProc: environment['PELAGO_NS_PROC'] !== 'host',
    privilegedDevices: findPrivilegedDevices(),
    lastCapability: Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8')),
  }
}

interface ObservedRun {
  readonly spec: ProcessSpec
  readonly observer: RunObserver | undefined
}

async function* run(context: Context, { spec, observer }: ObservedRun, signal: AbortSignal): AsyncGenerator<OutputChunk> {
  await context.emulation.prepare(spec.platform)
  const memoryKills = readMemoryKills()
  await using stack = new AsyncDisposableStack()
  const twins = await openTwins(context, { spec, observer }, stack, signal)
  await using container = await startContainer(context, spec, { terminal: undefined, input: 'none', twins }, signal)
  using watched = watchContainer(container, failedProcess(context, spec, container), context.emulation)
  yield* watched.output
  const exitCode = await watched.exitCode(signal)
  if (exitCode === 0) return
  const isMemoryShort = readMemoryKills() > memoryKills
  const hint = (await watched.explain(exitCode, signal)) ?? (await fullDiskHint(context.cacheFolder)) ?? exitHint({ argv: spec.argv, exitCode, isMemoryShort })
  throw new StepFailedError(spec.argv, exitCode, hint)
}

/** What `stack` then gives back; before that, it tells the observer what came of it. */
async function openTwins({ twins }: Context, { spec, observer }: ObservedRun, stack: AsyncDisposableStack, signal: AbortSignal): Promise<StepTwins | undefined> {
  if (spec.twins === undefined) return undefined
  const opened = await twins.open(spec, spec.twins, signal)
  if ('why' in opened) {
    stack.defer(() => observer?.twinsUsed({ native: 0, emulated: 0, why: opened.why }))
    return undefined
  }
  stack.use(opened)
  stack.defer(async () => observer?.twinsUsed(await opened.readUse()))
  return opened
}

async function open(context: Context, spec: ProcessSpec, terminal: TerminalSize | undefined, signal: AbortSignal): Promise<ContainerProcess> {
  await context.emulation.prepare(spec.platform)
  const container = await startContainer(context, spec, { terminal, input: 'pipe', twins: undefined }, signal)
  const failed = failedProcess(context, spec, container)
  return {
    ...runningProcess(container, { failed, emulation: context.emulation }, signal),
    async exec(added, size, inner) {
      const whole = { ...spec, ...added }
      checkPrivacy(context, whole)
      if (container.process.hasExited()) throw new ContainerEndedError() // nor is its root open any more, perhaps
      ensureOwnedFolder(container.root, whole.cwd, resolveUser(container.root, whole.user))
      return await openAddedProcess({ oci: addedProcess(context, whole, { root: container.root, terminal: size }), failed: failedProcess(context, whole, container), terminal: size }, { ...context, container }, inner)
    },
  }
}

function addedProcess(context: Context, spec: ProcessSpec, { root, terminal }: Pick<Place, 'root' | 'terminal'>): OciProcess {
  const { env, ...parts } = prepareProcess(context, spec, root)
  return buildOciProcess({ ...spec, env }, { ...parts, terminal }, context.surroundings)
}

function failedProcess({ emulation }: Context, spec: ProcessSpec, { root }: { readonly root: OpenFolder }): FailedProcess {
  return { spec, view: viewPrograms(root, spec), howToRun: (architecture) => emulation.howToRun(architecture) }
}

interface Container extends AsyncDisposable, WatchableContainer {
  /** By which the runtime knows it. */
  readonly id: string
  readonly bundle: string
  /** Of its file system; there until it is disposed. */
  readonly root: OpenFolder
}

interface StartOptions {
  readonly terminal: TerminalSize | undefined
  readonly input: 'none' | 'pipe'
  readonly twins: StepTwins | undefined
}

/** Disposing kills what runs, and leaves the root file system as the process left it. */
async function startContainer(context: Context, spec: ProcessSpec, { terminal, input, twins }: StartOptions, signal: AbortSignal): Promise<Container> {
  signal.throwIfAborted()
  await using stack = new AsyncDisposableStack()
  const root = stack.use(openRoot(spec.rootfs))
  const id = randomUUID()
  const bundle = join(context.stateFolder, id)
  stack.defer(() => rmSync(bundle, { recursive: true, force: true }))
  checkPrivacy(context, spec)
  const { oci, stepMounts } = await prepare(context, spec, { root, bundle, terminal, twinMounts: twins?.mounts ?? [] }, signal)
  stack.use(createMountPoints(root, { all: oci.mounts, stepMounts, keepsParents: spec.keepsMountParents === true }))
  ensureOwnedFolder(root, spec.cwd, oci.process.user) // stays in the layer, as the step's own work
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(oci))
  let wasStopped = false
  const stopIt = (running: RunningChild): Promise<void> => {
    wasStopped = true
    return stop(context.crun, id, running)
  }
  const argv = runtimeArgv(context, { words: ['run', '--bundle', bundle], id, logPath: join(bundle, LOG), socketPath: join(bundle, 'console'), terminal })
  const process = stack.use(openPipedProcess(twins?.wrap(argv) ?? argv, { cwd: '/', env: context.crun.env, input, stop: stopIt }, signal))
  const owned = stack.move()
  return {
    id,
    bundle,
    process,
    root,
    async exitCode(abort) {
      const code = await process.exitCode
      abort.throwIfAborted()
      if (wasStopped) return KILLED // what the runtime says of a start that was broken off is no failure
      const failure = code === 0 ? undefined : await readCrunError(join(bundle, LOG))
      if (failure !== undefined) throw toStartError(failure, failedProcess(context, spec, { root }))
      return code
    },
    initPid: () => readInitPid(context.crun, id),
    kill: (signalName) => void runCrun(context.crun, ['kill', id, signalName], signal).catch(() => undefined), // it may have ended already
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  }
}

const LOG = 'crun.log'
/** 128 + SIGKILL */
const KILLED = 137

interface Place {
  readonly root: OpenFolder
  readonly bundle: string
  readonly terminal: TerminalSize | undefined
  readonly twinMounts: readonly OciMount[]
}

interface PreparedSpec {
  readonly oci: OciSpec
  /** Those of `oci` that the step names. */
  readonly stepMounts: readonly OciMount[]
}

async function prepare(context: Context, spec: ProcessSpec, { root, bundle, terminal, twinMounts }: Place, signal: AbortSignal): Promise<PreparedSpec> {
  const { user, rlimits, env } = prepareProcess(context, spec, root)
  const seccompFilter = spec.security === 'sandbox' ? await sharedFilter(context, signal) : undefined
  const [hostsPath, resolvConfPath] = [join(bundle, 'hosts'), join(bundle, 'resolv.conf')]
  mkdirSync(bundle, { mode: 0o700 }) // in memory, or small: to wait for a thread takes longer
  const hostname = spec.hostname === '' ? DEFAULT_HOSTNAME : spec.hostname
  writeFileSync(hostsPath, formatHosts(hostname, spec.extraHosts), { mode: 0o644 })
  writeFileSync(resolvConfPath, withDns(readResolvConf(), context.dns), { mode: 0o644 })
  const mode = context.emulation.runMode(spec.platform)
  const stepMounts = await placeMounts(spec.mounts, { root, bundle })
  const oci = buildOciSpec({ ...spec, env }, { user, mode, stepMounts, twinMounts, rlimits, terminal, hostsPath, resolvConfPath, seccompFilter }, context.surroundings)
  return { oci, stepMounts }
}

interface PreparedProcess extends Pick<Prepared, 'user' | 'rlimits'>, Pick<ProcessSpec, 'env'> {}

function prepareProcess({ hardLimits }: Context, spec: ProcessSpec, root: OpenFolder): PreparedProcess {
  const user = resolveUser(root, spec.user)
  const given = [...spec.env, ...spec.secretEnv]
  const env = given.some((entry) => entry.startsWith('HOME=')) ? given : [...given, `HOME=${homeOf(root, user.uid)}`]
  return { user, rlimits: toRlimits(spec.ulimits, hardLimits), env }
}

/** Whether it holds what must never be on a disk. */
function needsPrivacy({ secretEnv, mounts }: ProcessSpec): boolean {
  return secretEnv.length > 0 || mounts.some(({ kind }) => kind === 'file')
}

/** @throws ProcessStartError */
function checkPrivacy({ isStatePrivate }: Context, spec: ProcessSpec): void {
  if (!isStatePrivate && needsPrivacy(spec)) throw new ProcessStartError('secrets cannot be kept off the disk here', { hint: 'run the engine in namespaces of its own, where it may mount: see pelago doctor' })
}

async function sharedFilter(context: Context, signal: AbortSignal): Promise<string | undefined> {
  const { crun, surroundings, cacheFolder } = context
  // what is shared must not end with one of those that share it
  context.filter ??= readSeccompFilter(crun, sandboxSeccomp(surroundings.native.architecture), cacheFolder, new AbortController().signal)
  const filter = await context.filter
  signal.throwIfAborted()
  return filter
}

/** The runtime ends when its container does; one that has not come as far as a container is killed itself. */
async function stop(crun: Crun, id: string, process: RunningChild): Promise<void> {
  await deleteContainer(crun, id)
  if (process.hasExited()) return
  process.kill('SIGKILL')
  await deleteContainer(crun, id)
}
