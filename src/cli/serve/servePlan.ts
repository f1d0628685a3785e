import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseEntitlement } from '../../engine/config/entitlements.ts'
import { formatTcpAddress, parseListenAddress, type ListenAddress } from '../../engine/config/listenAddress.ts'
import type { Listener, ServerTls, ServeSettings } from '../../engine/config/serveSettings.ts'
import { storeRoot } from '../../engine/store/storeRoot.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { isLoopbackHost } from '../../kit/loopback.ts'
import type { ActivatedSocket } from '../../kit/systemd.ts'
import { UsageError } from '../flags/usageError.ts'
import { readGroupId } from './groupId.ts'

/** The flags of `serve`, which are buildkitd's. */
export interface ServeFlags {
  readonly addr: readonly string[]
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
  /** Whose its unix sockets are to be, beside this user's; undefined: nobody's. */
  readonly groupId: number | undefined
}

/** Its first inherited file. */
const FIRST_FILE = 4

/** @throws UsageError; InvalidValueError */
export async function planServe(flags: ServeFlags, surroundings: ServeSurroundings): Promise<ServePlan> {
  const { env, workingFolder, userId, activated, isDebug } = surroundings
  const texts = flags.addr.length > 0 ? flags.addr : [activated.length > 0 ? 'fd://' : defaultAddress(env, userId)]
  const groupId = flags.group === undefined ? undefined : await readGroupId(flags.group)
  const inherited: number[] = []
  const listeners = texts.map(parseListenAddress).flatMap((address) => toListeners(address, { isShared: groupId !== undefined, activated, inherited }))
  const tls = await readTls(flags, workingFolder)
  for (const listener of listeners) requireTls(listener, tls)
  return {
    root: flags.root === undefined ? storeRoot(env, userId) : resolve(workingFolder, flags.root),
    settings: {
      listeners,
      tls,
      config: {
        entitlements: new Set(flags['allow-insecure-entitlement'].map(parseEntitlement)),
        platforms: flags['oci-worker-platform'].map((text) => parsePlatform(text)),
        labels: new Map(flags['oci-worker-labels'].map(parseLabel)),
        isDebug,
      },
    },
    files: inherited,
    groupId,
  }
}

/** Where a client of the same user looks, too. */
export function defaultAddress(env: Readonly<NodeJS.ProcessEnv>, userId: number): string {
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

async function readTls(flags: Pick<ServeFlags, 'tlscacert' | 'tlscert' | 'tlskey'>, workingFolder: string): Promise<ServerTls | undefined> {
  const { tlscacert, tlscert, tlskey } = flags
  if (tlscacert === undefined && tlscert === undefined && tlskey === undefined) return undefined
  if (tlscacert === undefined || tlscert === undefined || tlskey === undefined) {
    const missing = (['tlscacert', 'tlscert', 'tlskey'] as const).filter((name) => flags[name] === undefined)
    throw new UsageError(`TLS needs all of --tlscacert, --tlscert and --tlskey: there is no --${missing.join(', no --')}`, { hint: 'clients are let in by their certificates, so --tlscacert is the authority of those' })
  }
  const read = (path: string): Promise<string> => readPem(resolve(workingFolder, path))
  return { certificate: await read(tlscert), key: await read(tlskey), authorities: await read(tlscacert) }
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
