import { BakeError } from '../bakeError.ts'
import { findNearest } from '../../../ground/suggestion.ts'

/** What a definition has to be granted by whoever builds from it, who may not have written it. */
export type GrantKind = 'network.host' | 'security.insecure' | 'device' | 'ssh' | 'fs.read' | 'fs.write'

export interface Grant {
  readonly kind: GrantKind
  /** A path for files, the name of a device; '' otherwise, and for any device. */
  readonly value: string
}

/** A grant that a target asks for. */
export interface WantedGrant extends Grant {
  /** `target app: context`. */
  readonly purpose: string
}

/** What `--allow` says; `fs=PATH` is both reading and writing, and the path `*` is all. @throws BakeError */
export function parseGrant(text: string): readonly Grant[] {
  const sign = text.indexOf('=')
  const [written, value] = sign < 0 ? [text, ''] : [text.slice(0, sign), text.slice(sign + 1)]
  const kind = KINDS.find((one) => one === written)
  if (kind === 'device') return [{ kind, value: nameOf(value) }]
  if (kind === undefined || ((kind === 'fs' || kind === 'fs.read' || kind === 'fs.write') === (value === ''))) throw invalid(text, written)
  return kind === 'fs' ? [{ kind: 'fs.read', value }, { kind: 'fs.write', value }] : [{ kind, value }]
}

function invalid(text: string, kind: string): BakeError {
  const near = KINDS.some((one) => one === kind) ? undefined : findNearest(kind, KINDS)
  return new BakeError(`invalid entitlement: ${JSON.stringify(text)}`, { hint: near === undefined ? '--allow takes fs=PATH, fs.read=PATH, fs.write=PATH, ssh, network.host, security.insecure, device and device=NAME' : `did you mean ${near}?` })
}

const KINDS = ['fs', 'fs.read', 'fs.write', 'ssh', 'network.host', 'security.insecure', 'device'] as const

/** Of `NAME` or `name=NAME,alias=…`. */
function nameOf(device: string): string {
  return /(?:^|,)name=([^,]*)/.exec(device)?.[1] ?? device
}

/** What a target's entitlement asks for; undefined for what is no grant. */
export function grantOfEntitlement(text: string): Grant | undefined {
  if (text === 'network.host' || text === 'security.insecure') return { kind: text, value: '' }
  if (text === 'device' || text.startsWith('device=')) return { kind: 'device', value: text === 'device' ? '' : nameOf(text.slice('device='.length)) }
  return undefined
}

/** The flag that grants it. */
export function formatGrant({ kind, value }: Grant): string {
  return `--allow=${kind}${value === '' ? '' : `=${value}`}`
}

/** In words, for who is asked. */
export function describeGrant({ kind, value }: Grant): string {
  switch (kind) {
    case 'network.host':
      return 'steps on the network of this machine'
    case 'security.insecure':
      return 'steps with the privileges of root'
    case 'device':
      return value === '' ? 'devices of this machine' : `the device ${value}`
    case 'ssh':
      return 'your ssh agent'
    case 'fs.read':
      return `reading ${value}`
    case 'fs.write':
      return `writing ${value}`
  }
}
