import { resolvePath } from '../../ground/posixPath.ts'
import type { BindMount, CacheMount, CacheSharing, ExecOp, Mount, NetworkMode } from '../../graph/vertex.ts'
import { CacheSharingOpt, MountContentCache, MountType, NetMode, SecurityMode, type ExecOp as ExecMessage, type Meta, type Mount as MountMessage, type ProxyEnv } from '../gen/ops_pb.ts'
import { DefinitionError, type ClientOutput } from './clientGraph.ts'
import { inputIndex } from './opIndex.ts'
import { NO_CONTROL_GROUPS } from './opMetadata.ts'

export interface MappedExec {
  readonly op: ExecOp
  readonly outputs: readonly ClientOutput[]
}

/** @throws DefinitionError */
export function mapExec(exec: ExecMessage, inputCount: number): MappedExec {
  const { meta } = exec
  if (meta === undefined) throw new DefinitionError('invalid exec op with no meta')
  if (meta.args.length === 0) throw new DefinitionError('invalid exec op with no args')
  if (exec.mounts.length === 0) throw new DefinitionError('invalid exec op with no mounts')
  if (!exec.mounts.some(({ dest }) => dest === '/')) throw new DefinitionError('invalid exec op with no rootfs')
  const mounts = exec.mounts.map((mount) => mapMount(mount, meta.cwd, inputCount))
  return {
    op: {
      kind: 'exec',
      ...mapMeta(meta),
      mounts: mounts.map(({ mount }) => mount),
      ...absentIfNone('secretEnv', exec.secretenv.map(({ ID, name, optional }) => ({ name, secretId: required(ID, `secret ID missing for ${JSON.stringify(name)} environment variable`), isOptional: optional }))),
      ...absentIfNone('devices', exec.cdiDevices.map(({ name, optional }) => ({ name, isOptional: optional }))),
      network: oneOf(NETWORKS, exec.network, 'network mode'),
      security: oneOf(SECURITY, exec.security, 'security mode'),
    },
    outputs: numberOutputs(mounts),
  }
}

const NETWORKS: ReadonlyMap<NetMode, NetworkMode> = new Map([[NetMode.UNSET, 'default'], [NetMode.HOST, 'host'], [NetMode.NONE, 'none']])
const SECURITY: ReadonlyMap<SecurityMode, ExecOp['security']> = new Map([[SecurityMode.SANDBOX, 'sandbox'], [SecurityMode.INSECURE, 'insecure']])
const SHARINGS: ReadonlyMap<CacheSharingOpt, CacheSharing> = new Map([[CacheSharingOpt.SHARED, 'shared'], [CacheSharingOpt.PRIVATE, 'private'], [CacheSharingOpt.LOCKED, 'locked']])
const CONTENT_CACHES: ReadonlyMap<MountContentCache, BindMount['contentCache'] | 'default'> = new Map([[MountContentCache.DEFAULT, 'default'], [MountContentCache.ON, 'on'], [MountContentCache.OFF, 'off']])

function mapMeta(meta: Meta): Omit<ExecOp, 'kind' | 'mounts' | 'network' | 'security'> {
  if (meta.cgroupParent !== '') throw new DefinitionError(`a control group for a step is not supported: ${JSON.stringify(meta.cgroupParent)}`, { hint: NO_CONTROL_GROUPS })
  return {
    argv: meta.args,
    env: meta.env,
    cwd: resolvePath('/', meta.cwd),
    user: meta.user,
    proxyEnv: meta.proxyEnv === undefined ? [] : proxyVariables(meta.proxyEnv),
    hostname: meta.hostname,
    extraHosts: meta.extraHosts.map(({ Host, IP }) => ({ host: Host, ip: IP })),
    ulimits: meta.ulimit.map(({ Name, Soft, Hard }) => ({ name: Name, soft: Number(Soft), hard: Number(Hard) })),
    shmSizeBytes: 0,
    cgroupParent: '',
    ...absentIfNone('validExitCodes', meta.validExitCodes),
    ...(!meta.removeMountStubsRecursive && { keepsMountParents: true }),
  }
}

/** Programs read either spelling. */
function proxyVariables({ httpProxy, httpsProxy, ftpProxy, noProxy, allProxy }: ProxyEnv): readonly string[] {
  const named = [['http_proxy', httpProxy], ['https_proxy', httpsProxy], ['ftp_proxy', ftpProxy], ['no_proxy', noProxy], ['all_proxy', allProxy]] as const
  return named.flatMap(([name, value]) => (value === '' ? [] : [`${name.toUpperCase()}=${value}`, `${name}=${value}`]))
}

interface MappedMount {
  readonly mount: Mount
  /** What it is an output of: what was written there, or the input that it shows. */
  readonly output: 'own' | 'input' | 'none'
}

function mapMount(message: MountMessage, cwd: string, inputCount: number): MappedMount {
  const target = message.dest === '/' ? '/' : resolvePath(resolvePath('/', cwd), message.dest)
  if (target === '/' && message.mountType !== MountType.BIND) throw new DefinitionError(`invalid mount type ${String(message.mountType)} for /`)
  const input = inputIndex(message.input, inputCount, 'exec op')
  switch (message.mountType) {
    case MountType.BIND:
      return mapBind(message, { target, input })
    case MountType.CACHE:
      return mapCache(message, { target, input })
    case MountType.TMPFS:
      return { mount: { kind: 'tmpfs', target, readonly: message.readonly, sizeBytes: Number(message.TmpfsOpt?.size ?? 0n) }, output: 'none' }
    case MountType.SECRET:
      return { mount: mapSecret(message, target), output: 'none' }
    case MountType.SSH:
      return { mount: mapAgent(message, target), output: 'none' }
    default:
      throw new DefinitionError(`mount type ${String(message.mountType)} is not known`)
  }
}

interface MountPlace {
  readonly target: string
  readonly input: number | undefined
}

/** What can only be read is what it was, unless it is the root, which has its own layer all the same. */
function mapBind({ selector, readonly, output, contentCache }: MountMessage, { target, input }: MountPlace): MappedMount {
  const isSame = readonly && target !== '/' && input !== undefined
  const cache = oneOf(CONTENT_CACHES, contentCache, 'content cache of a mount')
  const isOutput = output !== -1n && !isSame
  const mount: BindMount = { kind: 'bind', input, selector, target, readonly, isOutput, ...(cache !== 'default' && cache !== undefined && { contentCache: cache }) }
  return { mount, output: output === -1n ? 'none' : isSame ? 'input' : 'own' }
}

function mapCache({ selector, readonly, output, dest, cacheOpt }: MountMessage, { target, input }: MountPlace): MappedMount {
  if (cacheOpt === undefined) throw new DefinitionError('missing cache mount options')
  const mount: CacheMount = { kind: 'cache', input, selector, target, readonly, cacheId: cacheOpt.ID === '' ? dest : cacheOpt.ID, sharing: oneOf(SHARINGS, cacheOpt.sharing, 'sharing of a cache mount') }
  return { mount, output: output === -1n || input === undefined ? 'none' : 'input' }
}

function mapSecret({ secretOpt }: MountMessage, target: string): Mount {
  if (secretOpt === undefined) throw new DefinitionError('invalid secret mount options')
  const { ID, uid, gid, mode, optional } = secretOpt
  return { kind: 'secret', target, secretId: required(ID, 'secret ID missing from mount options'), uid, gid, mode: mode & 0o777, isOptional: optional }
}

function mapAgent({ SSHOpt: options }: MountMessage, target: string): Mount {
  if (options === undefined) throw new DefinitionError('invalid ssh mount options')
  const { ID, uid, gid, mode, optional } = options
  return { kind: 'ssh', target, agentId: ID === '' ? 'default' : ID, uid, gid, mode: mode & 0o777, isOptional: optional }
}

/** In the order of the mounts that have one. */
function numberOutputs(mounts: readonly MappedMount[]): readonly ClientOutput[] {
  let own = 0
  return mounts.flatMap(({ mount, output }): readonly ClientOutput[] => {
    if (output === 'own') return [{ kind: 'own', index: own++ }]
    const input = 'input' in mount ? mount.input : undefined
    return output === 'input' && input !== undefined ? [{ kind: 'input', index: input }] : []
  })
}

function oneOf<K, V>(known: ReadonlyMap<K, V>, value: K, what: string): V {
  const found = known.get(value)
  if (found === undefined) throw new DefinitionError(`unknown ${what}: ${String(value)}`)
  return found
}

function required(text: string, otherwise: string): string {
  if (text === '') throw new DefinitionError(otherwise)
  return text
}

function absentIfNone<K extends string, T>(key: K, list: readonly T[]): Partial<Readonly<Record<K, readonly T[]>>> {
  return list.length === 0 ? {} : ({ [key]: list } as Readonly<Record<K, readonly T[]>>)
}
