import type { BindToHost, Executor, ProcessSpec, RunMode } from '../executor/executor.ts'
import { formatCanonicalJson, type Json } from '../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import type { Platform } from '../ground/platform.ts'
import type { ExecOp, Mount, Vertex } from '../graph/vertex.ts'
import type { Limit } from '../kit/limit.ts'
import type { MutableSnapshot, SnapshotId, SnapshotStore } from '../snapshot/snapshotStore.ts'
import type { ContentDigest, InputKey, Op, OpContext, ResultId } from '../solver/op.ts'
import type { ContentHasher } from '../snapshot/contentHash.ts'
import type { LayerPresence } from './layerPresence.ts'
import { openMountSource } from './mountSource.ts'
import { toSnapshot } from './snapshotResult.ts'

export interface ExecDeps {
  readonly snapshots: SnapshotStore
  readonly presence: LayerPresence
  readonly hasher: ContentHasher
  readonly executor: Executor
  /** How many processes may run at once: emulated ones take more memory, and have a limit of their own. */
  readonly limits: { readonly native: Limit; readonly emulated: Limit }
  readonly now: () => number
}

/** Runs a process over file systems that are its inputs; what it writes to those that are outputs is kept. */
export function createExecOp(exec: ExecOp, vertex: Vertex, deps: ExecDeps): Op {
  const { platform } = vertex
  if (platform === undefined) throw new Error(`${vertex.note.name} has no platform`)
  return {
    async cacheMap() {
      return { digest: execDigest(exec, platform), inputs: vertex.inputs.map((_, input) => inputKey(mountsOf(exec, input), deps)) }
    },
    async execute(inputs, context, signal) {
      const mode = deps.executor.runMode(platform)
      await Promise.all(inputs.map((input) => deps.presence.ensurePresent(toSnapshot(input), context, signal)))
      await using held = await openMounts(exec.mounts, inputs, deps, signal)
      await runProcess({ spec: toSpec(exec, platform, held.binds), mode, deps, context }, signal)
      return await held.commit()
    },
  }
}

function mountsOf({ mounts }: ExecOp, input: number): readonly Mount[] {
  return mounts.filter((mount) => mount.input === input)
}

/** Whether an input counts by what is in the mounted part of it: where the process cannot make an output of it. */
function countsByContent(mounts: readonly Mount[]): boolean {
  return mounts.every(({ target, readonly, isOutput }) => target !== '/' && (readonly || !isOutput))
}

function selectorsOf(mounts: readonly Mount[]): readonly string[] {
  return [...new Set(mounts.map(({ selector }) => selector))].sort()
}

function inputKey(mounts: readonly Mount[], { hasher, presence }: ExecDeps): InputKey {
  const selectors = selectorsOf(mounts)
  const contentDigest: ContentDigest = async (input, context, signal) => {
    await presence.ensurePresent(toSnapshot(input), context, signal)
    const parts: Digest[] = []
    for (const path of selectors) parts.push(await hasher.digest(toSnapshot(input), { path, wildcard: false, followSymlinks: true, includePatterns: [], excludePatterns: [] }, signal))
    return digestOf(parts.join(' '))
  }
  return { selector: selectors.join('\n'), contentDigest: countsByContent(mounts) ? contentDigest : undefined }
}

/** Of all that the process may see, but for its inputs, and for proxies and addresses, which are the network's and not the build's. */
function execDigest(exec: ExecOp, platform: Platform): Digest {
  const { argv, env, cwd, user, network, security, hostname, extraHosts, ulimits, shmSizeBytes, cgroupParent, mounts } = exec
  const { os, architecture, variant } = platform
  const json: Json = {
    kind: exec.kind,
    argv, env, cwd, user, network, security, hostname, shmSizeBytes, cgroupParent,
    os,
    architecture,
    variant,
    extraHosts: extraHosts.map(({ host }) => host),
    ulimits: ulimits.map((ulimit) => ({ ...ulimit })),
    mounts: mounts.map((mount) => mountJson(mount, exec)),
  }
  return digestOf(formatCanonicalJson(json))
}

/** The selector of a mount that counts by content is left out: its content says it, wherever it lay. */
function mountJson({ input, selector, target, readonly, isOutput }: Mount, exec: ExecOp): Json {
  const byContent = input !== undefined && countsByContent(mountsOf(exec, input))
  return { input, selector: byContent ? undefined : selector, target, readonly, isOutput }
}

function toSpec(exec: ExecOp, platform: Platform, binds: readonly BindToHost[]): ProcessSpec {
  const { argv, env, proxyEnv, cwd, user, network, security, hostname, extraHosts, ulimits, shmSizeBytes, cgroupParent } = exec
  const root = binds.find(({ target }) => target === '/')
  if (root === undefined) throw new Error('an exec has no root mount')
  return {
    platform, argv, env: [...proxyEnv, ...env], cwd, user, network, security, hostname, extraHosts, ulimits, shmSizeBytes, cgroupParent,
    rootfs: root.source,
    isRootReadonly: root.readonly,
    mounts: binds.filter((bind) => bind !== root),
  }
}

interface HeldMounts extends AsyncDisposable {
  /** In the mounts' order. */
  readonly binds: readonly BindToHost[]
  /** The outputs, in the mounts' order. */
  commit(): Promise<readonly ResultId[]>
}

async function openMounts(mounts: readonly Mount[], inputs: readonly ResultId[], { snapshots }: ExecDeps, signal: AbortSignal): Promise<HeldMounts> {
  await using stack = new AsyncDisposableStack()
  const outputs: MutableSnapshot[] = []
  const binds: BindToHost[] = []
  for (const mount of mounts) {
    const source = await openMountSource(mount, mount.input === undefined ? undefined : toSnapshot(inputs[mount.input]), snapshots, signal)
    stack.use(source)
    if (mount.isOutput && source.mutable !== undefined) outputs.push(source.mutable)
    binds.push({ source: source.path, target: mount.target, readonly: mount.readonly })
  }
  const held = stack.move()
  return {
    binds,
    async commit() {
      const ids: SnapshotId[] = []
      for (const output of outputs) ids.push(await output.commit())
      return ids
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

interface ProcessRun {
  readonly spec: ProcessSpec
  readonly mode: RunMode
  readonly deps: ExecDeps
  readonly context: OpContext
}

async function runProcess({ spec, mode, deps, context }: ProcessRun, signal: AbortSignal): Promise<void> {
  const { executor, limits, now } = deps
  const vertex = context.vertex.digest
  await limits[mode.kind].run(async () => {
    if (mode.kind === 'emulated') context.progress({ kind: 'vertex-emulated', vertex, at: now(), emulator: mode.emulator })
    for await (const { stream, bytes } of executor.run(spec, signal)) context.progress({ kind: 'vertex-log', vertex, at: now(), stream, bytes })
  }, signal)
}

