import { mkdir, stat } from 'node:fs/promises'
import type { Executor, ProcessSpec, RunMode, RunningProcess, TerminalSize } from '../../executor/executor.ts'
import type { ExtraHost, NetworkMode } from '../../graph/vertex.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import type { ContainerConfig } from '../../ground/oci/imageConfig.ts'
import { DEFAULT_PATH } from '../../ground/oci/defaultPath.ts'
import type { Platform } from '../../ground/platform.ts'
import { formatFamiliar } from '../../ground/reference.ts'
import type { LayerPresence } from '../../ops/layerPresence.ts'
import type { MutableSnapshot, SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { PlatformImage } from '../images/imageResolver.ts'
import { deliveryContext, type Step } from '../stepProgress.ts'

/** What `docker run` can say of a container; '' and [] take the image's own. */
export interface ContainerRequest {
  readonly platform: Platform
  readonly command: readonly string[]
  /** Undefined takes the image's own, an empty list none. */
  readonly entrypoint: readonly string[] | undefined
  /** `KEY=value`; over the image's. */
  readonly env: readonly string[]
  readonly workdir: string
  readonly user: string
  readonly volumes: readonly ContainerVolume[]
  readonly network: NetworkMode
  readonly hostname: string
  readonly extraHosts: readonly ExtraHost[]
  readonly isRootReadonly: boolean
  readonly isPrivileged: boolean
  readonly terminal: TerminalSize | undefined
}

/** A folder or file of the machine. A folder that is missing is made, as Docker does. */
export interface ContainerVolume {
  readonly source: string
  readonly target: string
  readonly readonly: boolean
}

/** A container that runs. Disposing it ends its processes and removes its file system. */
export interface Container extends AsyncDisposable {
  readonly platform: Platform
  readonly mode: RunMode
  readonly process: RunningProcess
}

export interface ContainerDeps {
  readonly executor: Executor
  readonly snapshots: SnapshotStore
  readonly presence: LayerPresence
  /** Makes the image's layers known, and gives the top one. */
  readonly registerLayers: (image: PlatformImage) => SnapshotId | undefined
}

/** @throws EmulatorMissingError; ProcessStartError */
export async function openContainer(deps: ContainerDeps, image: PlatformImage, request: ContainerRequest & { readonly sessionId: string; readonly step: Step }, signal: AbortSignal): Promise<Container> {
  const mode = deps.executor.runMode(request.platform)
  const top = deps.registerLayers(image)
  await deps.presence.ensurePresent(top, deliveryContext(request.step, request.sessionId), signal)
  await using stack = new AsyncDisposableStack()
  const root: MutableSnapshot = stack.use(await deps.snapshots.openMutable(top, signal))
  for (const { source } of request.volumes) await ensureFolder(source)
  const process = stack.use(await deps.executor.open(processSpec(image, request, root.path), request.terminal, signal))
  const held = stack.move()
  return { platform: request.platform, mode, process, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

function processSpec({ config: { container }, reference }: PlatformImage, request: ContainerRequest, rootfs: string): ProcessSpec {
  const argv = commandLine(container, request)
  if (argv.length === 0) throw new InvalidValueError(`image ${JSON.stringify(formatFamiliar(reference))} names no command to run`, { hint: 'give one behind the image, or --entrypoint' })
  return {
    platform: request.platform,
    argv,
    env: environment(container, request),
    secretEnv: [],
    cwd: [request.workdir, container.workingDir].find(isGiven) ?? '/',
    user: [request.user, container.user].find(isGiven) ?? '',
    rootfs,
    isRootReadonly: request.isRootReadonly,
    mounts: request.volumes.map((volume) => ({ kind: 'bind', ...volume })),
    network: request.network,
    security: request.isPrivileged ? 'insecure' : 'sandbox',
    hostname: request.hostname,
    extraHosts: request.extraHosts,
    ulimits: [],
    shmSizeBytes: 0,
    cgroupParent: '',
    twins: undefined,
  }
}

function isGiven(text: string | undefined): boolean {
  return text !== undefined && text !== ''
}

/** Docker's rule: a new entrypoint drops the image's command too. */
function commandLine({ entrypoint, cmd }: ContainerConfig, request: ContainerRequest): readonly string[] {
  const imageCommand = request.entrypoint === undefined ? (cmd ?? []) : []
  const command = request.command.length > 0 ? request.command : imageCommand
  return [...(request.entrypoint ?? entrypoint ?? []), ...command]
}

function environment({ env }: ContainerConfig, { env: over, terminal, hostname }: ContainerRequest): readonly string[] {
  const byName = new Map<string, string>()
  const settings = [`PATH=${DEFAULT_PATH}`, ...(hostname === '' ? [] : [`HOSTNAME=${hostname}`]), ...(terminal === undefined ? [] : ['TERM=xterm']), ...env, ...over]
  for (const setting of settings) byName.set(setting.replace(/=.*$/s, ''), setting)
  return [...byName.values()]
}

async function ensureFolder(path: string): Promise<void> {
  try {
    await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(path, { recursive: true })
  }
}
