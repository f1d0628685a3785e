import { isIP } from 'node:net'
import { ACCELERATE } from '../../graph/accelerate.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { SOURCE_DATE_EPOCH } from '../../ground/quantity/sourceDateEpoch.ts'
import { parseByteSize } from '../format/byteSize.ts'
import { splitKeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'
import { attestAttributes } from './attest/attests.ts'
import type { BuildFlags } from './buildFlags.ts'

export interface AttributeInput {
  readonly flags: BuildFlags
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly platforms: readonly Platform[]
  /** The Dockerfile's name in the folder `dockerfile`. */
  readonly filename: string
}

/** What the frontend `dockerfile.v0` is told, in the attributes that BuildKit's own clients send. @throws UsageError */
export function frontendAttributes({ flags, env, platforms, filename }: AttributeInput): ReadonlyMap<string, string> {
  const attributes = new Map([['filename', filename]])
  const set = (key: string, value: string): void => {
    if (value !== '') attributes.set(key, value)
  }
  set('target', flags.target ?? '')
  for (const [key, value] of ownAttributes(flags)) set(key, value)
  set('platform', platforms.map(formatPlatform).join(','))
  if (flags['no-cache']) attributes.set('no-cache', '')
  else set('no-cache', flags['no-cache-filter'].join(','))
  if (flags.pull) set('image-resolve-mode', 'pull')
  if (flags.network !== 'default') set('force-network-mode', flags.network)
  set('add-hosts', flags['add-host'].map(parseHost).join(','))
  set('ulimit', flags.ulimit.map(parseUlimit).join(','))
  if (flags['shm-size'] !== undefined) set('shm-size', String(parseByteSize(flags['shm-size'], '--shm-size')))
  for (const [key, value] of buildArguments(flags['build-arg'], env)) attributes.set(`build-arg:${key}`, value)
  for (const text of flags.label) {
    const { key, value = '' } = splitKeyValue(text)
    if (key === '') throw new UsageError(`invalid --label: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE' })
    attributes.set(`label:${key}`, value)
  }
  for (const [key, value] of attestAttributes(flags)) attributes.set(key, value)
  return attributes
}

/** What only Pelago's own frontend understands. */
function ownAttributes({ audit = '', accelerate = '' }: BuildFlags): ReadonlyMap<string, string> {
  return new Map([['pelago.audit', audit], [ACCELERATE, accelerate]])
}

/** `SOURCE_DATE_EPOCH` of the environment counts as an argument, as with buildx, so that a script's dates reach the image; an empty one overrides the Dockerfile's. */
function buildArguments(texts: readonly string[], env: Readonly<NodeJS.ProcessEnv>): ReadonlyMap<string, string> {
  const epoch = env[SOURCE_DATE_EPOCH]
  const values = new Map(epoch === undefined ? [] : [[SOURCE_DATE_EPOCH, epoch]])
  for (const text of texts) {
    const { key, value: given } = splitKeyValue(text)
    const value = given ?? env[key]
    if (key === '') throw new UsageError(`invalid --build-arg: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE, or KEY to take it from the environment' })
    if (value !== undefined) values.set(key, value)
  }
  return values
}

function parseHost(text: string): string {
  const [, host = '', address = ''] = /^([^:=]+)[:=](.+)$/.exec(text) ?? []
  const bare = address.replace(/^\[(.*)\]$/, '$1')
  if (host === '' || (isIP(bare) === 0 && bare !== 'host-gateway')) throw new UsageError(`invalid --add-host: ${JSON.stringify(text)}`, { hint: 'write HOST:IP, such as db:10.0.0.5' })
  return `${host}=${bare}`
}

function parseUlimit(text: string): string {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text)
  if (match === null) throw new UsageError(`invalid --ulimit: ${JSON.stringify(text)}`, { hint: 'write NAME=SOFT[:HARD], such as nofile=1024:2048' })
  const [, name = '', soft = '', hard = soft] = match
  return `${name}=${soft}:${hard}`
}
