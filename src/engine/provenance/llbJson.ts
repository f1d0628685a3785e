import { writeSource } from '../../api/policy/writtenSource.ts'
import type { Json } from '../../ground/canonicalJson.ts'
import { redactUrls } from '../../ground/urlText.ts'
import type { ExecOp, Mount, Source, Vertex } from '../../graph/vertex.ts'
import { NO_INPUT, withoutZeros } from './llbFields.ts'
import { formatFileActions } from './llbFileJson.ts'

/**
 * A vertex as Go writes LLB's messages (`solver/pb/ops.proto`) in JSON: zero values are left out. What only means
 * something to the client's session, and what may be secret (the proxy's address), is not in it. Pure.
 */
export function formatOp({ op, platform }: Pick<Vertex, 'op' | 'platform'>): { readonly Op: Readonly<Record<string, Json>>; readonly platform?: Json; readonly constraints: Json } {
  const where = platform === undefined ? undefined : withoutZeros({ Architecture: platform.architecture, OS: platform.os, Variant: platform.variant, OSVersion: platform.osVersion })
  return { Op: formatKind(op), ...(where !== undefined && { platform: where }), constraints: {} }
}

/** The same as errors have it. */
export function formatErrorOp({ op, platform }: Pick<Vertex, 'op' | 'platform'>): Json {
  const { Op, ...rest } = formatOp({ op, platform })
  return { ...Op, ...rest }
}

function formatKind(op: Vertex['op']): Readonly<Record<string, Json>> {
  switch (op.kind) {
    case 'source':
      return { source: formatSource(op.source) }
    case 'exec':
      return { exec: formatExec(op) }
    case 'file':
      return { file: { actions: formatFileActions(op.actions) } }
    case 'merge':
      return { merge: {} }
    case 'diff':
      return { diff: { lower: { input: op.lower ?? NO_INPUT }, upper: { input: op.upper ?? NO_INPUT } } }
  }
}

/** Without credentials, and what is said of ssh. */
function formatSource(source: Source): Json {
  const { identifier, attributes } = writeSource(source)
  const told = [...attributes].filter(([key]) => !UNTOLD.has(key)).map(([key, value]) => [key, key === 'git.fullurl' ? redactUrls(value) : value] as const)
  return { identifier: redactUrls(identifier), ...withoutZeros({ attrs: Object.fromEntries(told) }) }
}

const UNTOLD: ReadonlySet<string> = new Set(['git.knownsshhosts', 'git.mountsshsock'])

function formatExec(op: ExecOp): Json {
  const { argv, env, cwd, user, hostname, extraHosts, ulimits, cgroupParent } = op
  let outputs = 0
  return {
    meta: withoutZeros({
      args: argv, env, cwd, user, hostname, cgroupParent,
      extraHosts: extraHosts.map(({ host, ip }) => ({ Host: host, IP: ip })),
      ulimit: ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    }),
    mounts: op.mounts.map((mount) => formatMount(mount, () => outputs++)),
    ...withoutZeros({
      network: NETWORKS[op.network],
      security: op.security === 'insecure' ? 1 : 0,
      secretenv: (op.secretEnv ?? []).map(({ name, secretId, isOptional }) => withoutZeros({ ID: secretId, name, optional: isOptional })),
      cdiDevices: (op.devices ?? []).map(({ name, isOptional }) => withoutZeros({ name, optional: isOptional })),
    }),
  }
}

const NETWORKS = { default: 0, host: 1, none: 2 } as const
const MOUNT_TYPES = { bind: 0, secret: 1, ssh: 2, cache: 3, tmpfs: 4 } as const
const SHARINGS = { shared: 0, private: 1, locked: 2 } as const

function formatMount(mount: Mount, nextOutput: () => number): Json {
  const common = { dest: mount.target, mountType: MOUNT_TYPES[mount.kind] }
  const none = { input: NO_INPUT, output: NO_INPUT }
  switch (mount.kind) {
    case 'bind':
      return withoutZeros({ ...common, input: mount.input ?? NO_INPUT, selector: mount.selector, output: mount.isOutput ? nextOutput() : NO_INPUT, readonly: mount.readonly })
    case 'cache':
      return withoutZeros({ ...common, ...none, input: mount.input ?? NO_INPUT, selector: mount.selector, readonly: mount.readonly, cacheOpt: withoutZeros({ ID: mount.cacheId, sharing: SHARINGS[mount.sharing] }) })
    case 'tmpfs':
      return withoutZeros({ ...common, ...none, readonly: mount.readonly, TmpfsOpt: withoutZeros({ size: mount.sizeBytes }) })
    case 'secret':
      return withoutZeros({ ...common, input: NO_INPUT, secretOpt: formatFile(mount.secretId, mount) })
    case 'ssh':
      return withoutZeros({ ...common, input: NO_INPUT, SSHOpt: formatFile(mount.agentId, mount) })
  }
}

function formatFile(id: string, { uid, gid, mode, isOptional }: { readonly uid: number; readonly gid: number; readonly mode: number; readonly isOptional: boolean }): Json {
  return withoutZeros({ ID: id, uid, gid, mode, optional: isOptional })
}
