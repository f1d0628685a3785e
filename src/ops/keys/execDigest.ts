import { TWINS_VERSION } from '../../executor/emulation/twins/allowlist.ts'
import { TOOLCHAIN_VERSION } from '../../executor/emulation/twins/toolchain/compilerTargets.ts'
import { digestOf, type Digest } from '../../ground/digest.ts'
import { formatGoJson, type GoJson } from '../../ground/goJson.ts'
import type { Platform } from '../../ground/platform.ts'
import type { ExecOp, Mount, NetworkMode } from '../../graph/vertex.ts'

/**
 * Of all that the process may see, but for its inputs, for proxies and addresses, which are the network's and not the
 * build's, and for what secrets hold. As BuildKit makes it, so that each finds what the other has cached: JSON of its
 * ExecOp, with Go's names and order, in which zero values are left out.
 */
export function execDigest(exec: ExecOp, { os, architecture, variant }: Platform): Digest {
  const { network, security, secretEnv, devices, shmSizeBytes, twins } = exec
  return digestOf(
    formatGoJson(
      {
        Type: 'buildkit.exec.v0',
        Exec: {
          meta: metaJson(exec),
          mounts: isRootAlone(exec.mounts) ? undefined : exec.mounts.map((mount, index) => mountJson(mount, outputOf(exec.mounts, index))),
          network: orNone(NETWORKS[network]),
          security: security === 'insecure' ? 1 : undefined,
          secretenv: secretEnv?.map(({ name, secretId, isOptional }) => ({ ID: secretId, name, optional: isOptional || undefined })),
          cdiDevices: devices?.map(({ name, isOptional }) => ({ name, optional: isOptional || undefined })),
          pelagoShmSize: orNone(shmSizeBytes), // BuildKit makes a mount of it
          pelagoTwins: twins === undefined ? undefined : `${twins.mode} ${TWINS_VERSION}${twins.toolchain === undefined ? '' : ` toolchain ${TOOLCHAIN_VERSION}`}`, // whose twins they are is told by the input
        },
        OS: os,
        Arch: architecture,
        Variant: variant === '' ? undefined : variant,
      },
      'compact',
    ),
  )
}

/** By which times of equal steps are compared, with twins and without. */
export function stepTimeKey(exec: ExecOp, platform: Platform): Digest {
  const { twins: _, ...plain } = exec
  return execDigest(plain, platform)
}

const NETWORKS: Readonly<Record<NetworkMode, number>> = { default: 0, host: 1, none: 2 }

const CONTENT_CACHES = { on: 1, off: 2 } as const

function metaJson({ argv, env, cwd, user, hostname, extraHosts, ulimits, cgroupParent, validExitCodes, keepsMountParents }: ExecOp): GoJson {
  return {
    args: orAbsent(argv),
    env: orAbsent(env),
    cwd,
    user: user === '' ? undefined : user,
    extraHosts: orAbsent(extraHosts.map(({ host }) => ({ Host: host }))),
    hostname: hostname === '' ? undefined : hostname,
    ulimit: orAbsent(ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: orNone(soft), Hard: orNone(hard) }))),
    cgroupParent: cgroupParent === '' ? undefined : cgroupParent,
    removeMountStubsRecursive: keepsMountParents === true ? undefined : true,
    validExitCodes,
  }
}

function isRootAlone(mounts: readonly Mount[]): boolean {
  const [root, ...others] = mounts
  return others.length === 0 && root?.kind === 'bind' && root.target === '/' && !root.readonly
}

/** Outputs are numbered in the order of the mounts that have one; -1 is none. */
function outputOf(mounts: readonly Mount[], index: number): number {
  const isOutput = (mount: Mount | undefined): boolean => mount?.kind === 'bind' && mount.isOutput
  return isOutput(mounts[index]) ? mounts.slice(0, index).filter(isOutput).length : -1
}

/** What is shown of an input is not in it: by content it is, wherever it lay, and else the input's selector tells it. */
function mountJson(mount: Mount, output: number): GoJson {
  const { target } = mount
  switch (mount.kind) {
    case 'bind':
      return { input: inputJson(mount.input), dest: target, output: orNone(output), readonly: mount.readonly || undefined, contentCache: mount.contentCache === undefined ? undefined : CONTENT_CACHES[mount.contentCache] }
    case 'cache':
      return { input: inputJson(mount.input), dest: target, output, readonly: mount.readonly || undefined, mountType: 3, cacheOpt: isOwn(mount) ? { ID: `/${target}` } : {} }
    case 'tmpfs':
      return { input: -1, dest: target, output, readonly: mount.readonly || undefined, mountType: 4, TmpfsOpt: { size: orNone(mount.sizeBytes) } }
    case 'secret':
      return { input: -1, dest: target, mountType: 1, secretOpt: { ID: mount.secretId, ...fileJson(mount) } }
    case 'ssh':
      return { input: -1, dest: target, mountType: 2, SSHOpt: { ID: mount.agentId, ...fileJson(mount) } }
  }
}

/** Not one that the user has named, or given another way to share; its name here has the platform in it. */
function isOwn({ cacheId, sharing, target }: Extract<Mount, { readonly kind: 'cache' }>): boolean {
  return sharing === 'shared' && cacheId.startsWith(`${target} (`)
}

function fileJson({ uid, gid, mode, isOptional }: Extract<Mount, { readonly kind: 'secret' | 'ssh' }>): Readonly<Record<string, GoJson | undefined>> {
  return { uid: orNone(uid), gid: orNone(gid), mode: orNone(mode), optional: isOptional || undefined }
}

function inputJson(input: number | undefined): number | undefined {
  return input === undefined ? -1 : orNone(input)
}

function orNone(value: number): number | undefined {
  return value === 0 ? undefined : value
}

function orAbsent<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}
