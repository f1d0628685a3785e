import type { MemoryFolder, ProcessMount } from '../../executor/executor.ts'
import { DeviceNotFoundError, type CdiDevice, type CdiDevices } from '../../executor/cdi/cdiDevices.ts'
import type { BindMount, CacheMount, DeviceRequest, ExecOp, Mount, SshMount, TmpfsMount } from '../../graph/vertex.ts'
import type { CacheFolders } from '../../snapshot/cacheFolders.ts'
import type { MutableSnapshot, SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import type { OpContext, ResultId } from '../../solver/op.ts'
import { digestSelection, type SelectionDeps } from '../files/selectionDigest.ts'
import type { ClientSecrets } from '../remote/clientSecrets.ts'
import { toSnapshot } from '../snapshotResult.ts'
import { openAgentSocket, type AgentDeps } from './agentSocket.ts'
import { mountedPart } from './mountPart.ts'
import { openMountSource, type MountSource } from './mountSource.ts'
import { openSecretFile, readSecretVariables } from './stepSecrets.ts'

export interface MountDeps extends SelectionDeps, AgentDeps {
  readonly snapshots: SnapshotStore
  readonly caches: CacheFolders
  readonly secrets: ClientSecrets
  readonly devices: CdiDevices
}

/** All that a process sees of files, for as long as this is held. */
export interface HeldMounts extends AsyncDisposable {
  readonly root: { readonly path: string; readonly readonly: boolean }
  /** All others, in the mounts' order. */
  readonly mounts: readonly ProcessMount[]
  /** What devices add, `NAME=value`. */
  readonly env: readonly string[]
  /** `NAME=value` */
  readonly secretEnv: readonly string[]
  /** The outputs, in the mounts' order. */
  commit(): Promise<readonly ResultId[]>
}

/** The inputs' files are there. @throws SecretNotFoundError; SourceNotFoundError */
export async function openMounts(exec: ExecOp, inputs: readonly ResultId[], { deps, context }: { readonly deps: MountDeps; readonly context: OpContext }, signal: AbortSignal): Promise<HeldMounts> {
  await using stack = new AsyncDisposableStack()
  const opening: Opening = { exec, inputs, deps, context, stack, signal }
  const secretEnv = await readSecretVariables(exec.secretEnv ?? [], deps.secrets, context, signal)
  const cachePaths = await openCaches(opening)
  const outputs: MutableSnapshot[] = []
  const opened: ProcessMount[] = []
  for (const mount of exec.mounts) opened.push(...(await openMount(mount, { ...opening, cachePaths, outputs })))
  const devices = openDevices(exec.devices ?? [], deps.devices)
  const root = opened.find(({ target }) => target === '/')
  if (root?.kind !== 'bind') throw new Error('an exec has no root mount')
  const held = stack.move()
  return {
    root: { path: root.source, readonly: root.readonly },
    mounts: [...opened.filter((mount) => mount !== root), ...devices.flatMap(({ mounts }) => mounts)],
    env: devices.flatMap(({ env }) => env),
    secretEnv,
    async commit() {
      const ids: SnapshotId[] = []
      for (const output of outputs) ids.push(await output.commit())
      return ids
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

interface Opening {
  readonly exec: ExecOp
  readonly inputs: readonly ResultId[]
  readonly deps: MountDeps
  readonly context: OpContext
  /** Gives back what was opened. */
  readonly stack: AsyncDisposableStack
  readonly signal: AbortSignal
}

interface MountOpening extends Opening {
  readonly cachePaths: ReadonlyMap<CacheMount, string>
  /** Gets what is to be committed. */
  readonly outputs: MutableSnapshot[]
}

async function openMount(mount: Mount, opening: MountOpening): Promise<readonly ProcessMount[]> {
  const { deps, context, signal, cachePaths } = opening
  switch (mount.kind) {
    case 'bind':
      return [{ kind: 'bind', source: (await openBind(mount, opening)).path, target: mount.target, readonly: mount.readonly }]
    case 'cache':
      return [{ kind: 'bind', source: cachePaths.get(mount) ?? '', target: mount.target, readonly: mount.readonly }]
    case 'tmpfs':
      return [toMemoryFolder(mount)]
    case 'secret':
      return await openSecretFile(mount, deps.secrets, context, signal)
    case 'ssh':
      return await openAgent(mount, opening)
  }
}

/** Those that are there. @throws DeviceNotFoundError */
function openDevices(requests: readonly DeviceRequest[], devices: CdiDevices): readonly CdiDevice[] {
  return requests.flatMap(({ name, isOptional }) => {
    const found = devices.find(name)
    if (found === undefined && !isOptional) throw new DeviceNotFoundError(name)
    return found ?? []
  })
}

async function openAgent(mount: SshMount, { deps, context, stack, signal }: Opening): Promise<readonly ProcessMount[]> {
  const socket = await openAgentSocket(mount, deps, context, signal)
  return socket === undefined ? [] : [stack.use(socket).mount]
}

function toMemoryFolder({ target, readonly, sizeBytes }: TmpfsMount): MemoryFolder {
  return { kind: 'tmpfs', target, readonly, sizeBytes }
}

/** What is mounted inside it may need a folder made in it, as in the root it always does, so it then has a layer of its own, even where the process cannot write. */
async function openBind(mount: BindMount, { exec, inputs, deps, stack, outputs, signal }: MountOpening): Promise<MountSource> {
  const holdsOthers = mount.target === '/' || exec.mounts.some(({ target }) => target.startsWith(`${mount.target}/`))
  const isWritable = !mount.readonly || mount.isOutput || holdsOthers
  const source = await openMountSource({ snapshot: snapshotOf(mount, inputs), selector: mount.selector, isWritable }, deps.snapshots, signal)
  stack.use(source)
  if (mount.isOutput && source.mutable !== undefined) outputs.push(source.mutable)
  return source
}

function snapshotOf({ input }: BindMount | CacheMount, inputs: readonly ResultId[]): SnapshotId | undefined {
  return input === undefined ? undefined : toSnapshot(inputs[input])
}

/** In the order of their ids, so that no two processes wait for each other's; each once. */
async function openCaches(opening: Opening): Promise<ReadonlyMap<CacheMount, string>> {
  const caches = opening.exec.mounts.filter((mount) => mount.kind === 'cache').toSorted((a, b) => (a.cacheId < b.cacheId ? -1 : a.cacheId > b.cacheId ? 1 : 0))
  const paths = new Map<CacheMount, string>()
  const known = new Map<string, string>()
  for (const mount of caches) {
    const name = JSON.stringify([mount.cacheId, mount.input, mount.selector])
    const path = known.get(name) ?? (await openCache(mount, opening))
    known.set(name, path)
    paths.set(mount, path)
  }
  return paths
}

async function openCache(mount: CacheMount, { inputs, deps, context, stack, signal }: Opening): Promise<string> {
  const { cacheId, sharing, input, selector, target } = mount
  const description = `cached mount ${target} from ${context.vertex.note.name}${cacheId === target ? '' : ` with id ${JSON.stringify(cacheId)}`}`
  if (input === undefined && selector === '') return stack.use(await deps.caches.open({ cacheId, sharing, description, beginning: undefined }, signal)).path
  const snapshot = snapshotOf(mount, inputs)
  const digest = await digestSelection(snapshot, mountedPart(selector), deps, signal)
  await using source = await openMountSource({ snapshot, selector, isWritable: false }, deps.snapshots, signal)
  return stack.use(await deps.caches.open({ cacheId, sharing, description, beginning: { digest, path: source.path } }, signal)).path
}
