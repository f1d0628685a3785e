import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { BuildkitdToml } from '../../engine/config/buildkitdToml.ts'
import type { EngineConfig, RegistrySettings } from '../../engine/config/engineConfig.ts'
import { defaultGcPolicies, type GcPolicy } from '../../engine/config/gcPolicy.ts'
import { parseEntitlement } from '../../engine/config/entitlements.ts'
import { formatTcpAddress, parseListenAddress, type ListenAddress } from '../../engine/config/listenAddress.ts'
import type { Listener, ServerTls, ServeSettings } from '../../engine/config/serveSettings.ts'
import { readDisk } from '../../engine/store/readDisk.ts'
import { storeRoot } from '../../engine/store/storeRoot.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { isLoopbackHost } from '../../kit/loopback.ts'
import type { ActivatedSocket } from '../../kit/systemd.ts'
import { UsageError } from '../flags/usageError.ts'
import { readConfigFile } from './configFile.ts'
import { readGroupId } from './groupId.ts'
import type { SocketOwner } from './shareSockets.ts'

/** The flags of `serve`, which are buildkitd's. */
export interface ServeFlags {
  readonly addr: readonly string[]
  readonly config: string | undefined
  readonly root: string | undefined
  readonly group: string | undefined
  readonly tlscacert: string | undefined
  readonly tlscert: string | undefined
  readonly tlskey: string | undefined
  readonly 'allow-insecure-entitlement': readonly string[]
  readonly 'oci-worker-platform': readonly string[]
  readonly 'oci-worker-labels': readonly string[]
}

export interface ServeSurroundings {
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly workingFolder: string
  readonly userId: number
  readonly activated: readonly ActivatedSocket[]
  readonly isDebug: boolean
}

/** An engine to be started. */
export interface ServePlan {
  readonly root: string
  readonly settings: ServeSettings
  /** What it inherits, as its files from 4 on. */
  readonly files: readonly number[]
  /** Whose its unix sockets are to be. */
  readonly owner: SocketOwner
  /** What the operator has to know. */
  readonly warnings: readonly string[]
}

/** Its first inherited file. */
const FIRST_FILE = 4

/** Flags come before what the file says. @throws UsageError; InvalidValueError */
export async function planServe(flags: ServeFlags, surroundings: ServeSurroundings): Promise<ServePlan> {
  const { env, workingFolder, userId, activated } = surroundings
  const { file, folder, warnings } = await readConfigFile(flags.config, surroundings)
  const named = flags.addr.length > 0 ? flags.addr : file.addresses
  const addresses = named.length > 0 ? named : [activated.length > 0 ? 'fd://' : defaultAddress(env, userId)]
  const owner = { userId: file.userId === userId ? undefined : file.userId, groupId: flags.group === undefined ? file.groupId : await readGroupId(flags.group) }
  const isShared = owner.userId !== undefined || owner.groupId !== undefined
  if (isShared && userId !== 0 && named.length === 0 && activated.length === 0) throw new UsageError('nobody else gets to the folder of your own sockets', { hint: 'add --addr unix:///path/to/socket, in a folder that they may pass through' })
  const inherited: number[] = []
  const listeners = addresses.map(parseListenAddress).flatMap((address) => toListeners(address, { isShared, activated, inherited }))
  const tls = await readTls(tlsFiles(flags, file, { workingFolder, folder }))
  for (const listener of listeners) requireTls(listener, tls)
  const root = rootOf(flags.root, file.root, { env, userId, workingFolder, folder })
  return { root, settings: { listeners, tls, config: await configOf(flags, file, { isDebug: surroundings.isDebug, folder, root }) }, files: inherited, owner, warnings }
}

interface ConfigPlace {
  readonly isDebug: boolean
  readonly folder: string
  readonly root: string
}

async function configOf(flags: ServeFlags, file: BuildkitdToml, { isDebug, folder, root }: ConfigPlace): Promise<EngineConfig> {
  const allowed = flags['allow-insecure-entitlement'].map(parseEntitlement)
  const platforms = flags['oci-worker-platform'].map((text) => parsePlatform(text))
  return {
    entitlements: new Set(allowed.length > 0 ? allowed : file.entitlements),
    platforms: platforms.length > 0 ? platforms : file.platforms,
    labels: new Map([...file.labels, ...flags['oci-worker-labels'].map(parseLabel)]),
    isDebug: isDebug || file.isDebug,
    registries: new Map([...file.registries].map(([host, settings]) => [host, absolutePaths(settings, folder)])),
    maxParallelism: file.maxParallelism,
    gcPolicies: await gcPoliciesOf(file, root),
    history: file.history,
    dns: file.dns,
    cdiFolders: file.cdiFolders?.map((path) => resolve(folder, path)),
    frontendRepositories: file.frontendRepositories,
  }
}

async function gcPoliciesOf({ gc }: BuildkitdToml, root: string): Promise<readonly GcPolicy[]> {
  if (!gc.isOn) return []
  return gc.policies.length > 0 ? gc.policies : defaultGcPolicies(gc.bounds, await readDisk(root))
}

function absolutePaths(settings: RegistrySettings, folder: string): RegistrySettings {
  const absolute = (path: string): string => resolve(folder, path)
  const { clientPair } = settings
  return {
    ...settings,
    authorities: settings.authorities.map(absolute),
    certFolders: settings.certFolders.map(absolute),
    clientPair: clientPair && { certificate: absolute(clientPair.certificate), key: absolute(clientPair.key) },
  }
}

interface RootPlace {
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly userId: number
  readonly workingFolder: string
  readonly folder: string
}

function rootOf(flag: string | undefined, written: string | undefined, { env, userId, workingFolder, folder }: RootPlace): string {
  if (flag !== undefined) return resolve(workingFolder, flag)
  return written === undefined ? storeRoot(env, userId) : resolve(folder, written)
}

/** Where a client of the same user looks, too. */
function defaultAddress(env: Readonly<NodeJS.ProcessEnv>, userId: number): string {
  const runtime = env['XDG_RUNTIME_DIR'] ?? ''
  if (userId !== 0 && runtime === '') throw new UsageError('there is no XDG_RUNTIME_DIR to put a socket in', { hint: 'add --addr unix:///path/to/socket' })
  return `unix://${join(userId === 0 ? '/run' : runtime, 'pelago/buildkitd.sock')}`
}

interface ListenerChoice {
  readonly isShared: boolean
  readonly activated: readonly ActivatedSocket[]
  /** Grows by what is chosen. */
  readonly inherited: number[]
}

function toListeners(address: ListenAddress, { isShared, activated, inherited }: ListenerChoice): readonly Listener[] {
  switch (address.kind) {
    case 'unix':
      return [{ ...address, isShared }]
    case 'tcp':
      return [address]
    case 'fd':
      return chooseSockets(address.name, activated).map(({ fd, name }) => ({ kind: 'inherited', fd: FIRST_FILE + inherited.push(fd) - 1, name }))
  }
}

function chooseSockets(name: string | undefined, activated: readonly ActivatedSocket[]): readonly ActivatedSocket[] {
  const hint = 'fd:// is for a service that a systemd socket unit starts: see docs/serve.md'
  if (activated.length === 0) throw new UsageError('systemd has opened no sockets for this process', { hint })
  const chosen = activated.filter((socket) => name === undefined || socket.name === name || String(socket.fd) === name)
  if (chosen.length === 0) throw new UsageError(`systemd has opened no socket ${JSON.stringify(name)}`, { hint: `it has ${activated.map((socket) => socket.name).join(', ')}` })
  return chosen
}

/** Before anything is started; what is inherited is looked at when it is opened. */
function requireTls(listener: Listener, tls: ServerTls | undefined): void {
  if (listener.kind !== 'tcp' || tls !== undefined || isLoopbackHost(listener.host)) return
  throw new UsageError(`${formatTcpAddress(listener.host, listener.port)} needs mutual TLS: whoever reaches the port would run what they like here`, { hint: 'add --tlscacert, --tlscert and --tlskey, or listen at tcp://127.0.0.1:PORT' })
}

interface TlsFiles {
  readonly tlscacert: string | undefined
  readonly tlscert: string | undefined
  readonly tlskey: string | undefined
}

/** A flag is said from where one is, the file's from where the file is. */
function tlsFiles(flags: TlsFiles, { tls }: BuildkitdToml, { workingFolder, folder }: Pick<RootPlace, 'workingFolder' | 'folder'>): TlsFiles {
  const pick = (flag: string | undefined, written: string | undefined): string | undefined => (flag === undefined ? written && resolve(folder, written) : resolve(workingFolder, flag))
  return { tlscacert: pick(flags.tlscacert, tls.authorities), tlscert: pick(flags.tlscert, tls.certificate), tlskey: pick(flags.tlskey, tls.key) }
}

async function readTls(files: TlsFiles): Promise<ServerTls | undefined> {
  const { tlscacert, tlscert, tlskey } = files
  if (tlscacert === undefined && tlscert === undefined && tlskey === undefined) return undefined
  if (tlscacert === undefined || tlscert === undefined || tlskey === undefined) {
    const missing = (['tlscacert', 'tlscert', 'tlskey'] as const).filter((name) => files[name] === undefined)
    throw new UsageError(`TLS needs all of --tlscacert, --tlscert and --tlskey: there is no --${missing.join(', no --')}`, { hint: 'clients are let in by their certificates, so --tlscacert is the authority of those' })
  }
  return { certificate: await readPem(tlscert), key: await readPem(tlskey), authorities: await readPem(tlscacert) }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${path}`, { hint: 'it is to be a PEM file that you may read', cause: error })
  }
}

function parseLabel(text: string): readonly [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (key === undefined || value === undefined) throw new UsageError(`invalid --oci-worker-labels: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE' })
  return [key, value]
}
