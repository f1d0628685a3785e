import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BuildError } from '../../ground/errors.ts'
import type { BindToHost } from '../executor.ts'
import { parseCdiSpec, type ContainerEdits } from './cdiSpec.ts'

/** The devices that the machine's CDI specs describe (Container Device Interface, SPEC.md), as they are now. */
export interface CdiDevices {
  /** `vendor.com/class=name`; without a name the first one, with `*` all of them. Undefined where there is none. @throws DeviceUnusableError */
  find(name: string): CdiDevice | undefined
}

/** What a process gets that uses the device. */
export interface CdiDevice {
  readonly env: readonly string[]
  readonly mounts: readonly BindToHost[]
}

/** The device is described, but not so that it can be given to a process here. */
export class DeviceUnusableError extends BuildError {
  readonly kind = 'unavailable'
}

/** A step requires a device that no spec of the machine describes. */
export class DeviceNotFoundError extends BuildError {
  readonly kind = 'not-found'
  constructor(name: string) {
    super(`device ${name} is not on this machine`, { hint: `describe it by a CDI spec in ${CDI_FOLDERS.join(' or ')}, or leave ",required" out` })
  }
}

/** Where CDI looks for specs, the static ones first. */
export const CDI_FOLDERS: readonly string[] = ['/etc/cdi', '/var/run/cdi']

export function createCdiDevices(folders: readonly string[]): CdiDevices {
  return {
    find(name) {
      const [kind = '', device] = name.split(/=(.*)/s, 2)
      for (const path of folders.flatMap(specFiles).reverse()) {
        if (!path.endsWith('.json')) refuseKindOf(path, kind)
        const edits = path.endsWith('.json') ? findIn(path, { kind, device }) : undefined
        if (edits !== undefined) return toDevice(name, edits)
      }
      return undefined
    },
  }
}

/** None where there is no such folder. */
function specFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /\.(?:json|ya?ml)$/.test(name)).sort().map((name) => join(folder, name))
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return []
    throw error
  }
}

/** Far beyond any spec. */
const MAX_SPEC_BYTES = 4 * 1024 * 1024

function readSpec(path: string): string {
  if (statSync(path).size > MAX_SPEC_BYTES) throw new DeviceUnusableError(`CDI spec ${path} is too large`)
  return readFileSync(path, 'utf8')
}

function findIn(path: string, { kind, device }: { readonly kind: string; readonly device: string | undefined }): ContainerEdits | undefined {
  const spec = parseCdiSpec(readSpec(path), path)
  const own = spec.kind === kind ? chosenOf(spec.devices, device) : []
  if (own.length === 0) return undefined
  const all = [spec.common, ...own]
  return {
    env: all.flatMap(({ env }) => env),
    nodes: all.flatMap(({ nodes }) => nodes),
    mounts: all.flatMap(({ mounts }) => mounts),
    unsupported: all.flatMap(({ unsupported }) => unsupported),
  }
}

function chosenOf(devices: ReadonlyMap<string, ContainerEdits>, name: string | undefined): readonly ContainerEdits[] {
  if (name === '*') return [...devices.values()]
  const chosen = name === undefined ? [...devices.values()][0] : devices.get(name)
  return chosen === undefined ? [] : [chosen]
}

/** @throws DeviceUnusableError where the YAML in `path` describes devices of `kind` */
function refuseKindOf(path: string, kind: string): void {
  const [, described] = /^["']?kind["']?:\s*["']?([^"'\s#]+)/m.exec(readSpec(path)) ?? []
  if (described === kind) throw new DeviceUnusableError(`CDI spec ${path} is in YAML, which is not read yet`, { hint: 'have it made in JSON, as by nvidia-ctk cdi generate --format=json' })
}

function toDevice(name: string, { env, nodes, mounts, unsupported }: ContainerEdits): CdiDevice {
  if (unsupported.length > 0) throw new DeviceUnusableError(`device ${name} needs ${unsupported.join(' and ')}, which steps do not have yet`)
  const binds = [...nodes.map(({ path, hostPath }) => ({ source: hostPath, target: path, readonly: false })), ...mounts]
  for (const { source } of binds) {
    if (statSync(source, { throwIfNoEntry: false }) === undefined) throw new DeviceUnusableError(`device ${name} needs ${source}, which is not there`, { hint: 'is its driver loaded, and its CDI spec up to date?' })
  }
  return { env, mounts: binds.map((bind) => ({ kind: 'bind', ...bind })) }
}
