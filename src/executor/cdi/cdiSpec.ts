import { objectList, optionalObject, optionalString, optionalStringList, parseJsonObject, requiredString, type JsonObject } from '../../ground/jsonValue.ts'

/** One spec file of CDI (SPEC.md, "CDI JSON Specification"), as far as steps can have what it says. */
export interface CdiSpec {
  /** `vendor.com/class` */
  readonly kind: string
  readonly devices: ReadonlyMap<string, ContainerEdits>
  /** For whatever device of it is used. */
  readonly common: ContainerEdits
}

export interface ContainerEdits {
  /** `KEY=value` */
  readonly env: readonly string[]
  readonly nodes: readonly { readonly path: string; readonly hostPath: string }[]
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly readonly: boolean }[]
  /** What is said beside that. */
  readonly unsupported: readonly string[]
}

/** @throws BuildError where it is none */
export function parseCdiSpec(text: string, path: string): CdiSpec {
  const spec = parseJsonObject(text, `CDI spec ${path}`)
  const devices = objectList(spec, 'devices').map((device) => [requiredString(device, 'name'), parseEdits(optionalObject(device, 'containerEdits'))] as const)
  return { kind: requiredString(spec, 'kind'), devices: new Map(devices), common: parseEdits(optionalObject(spec, 'containerEdits')) }
}

const UNSUPPORTED = [['hooks', 'hooks'], ['intelRdt', 'Intel RDT'], ['additionalGids', 'groups of its own']] as const

const NONE: ContainerEdits = { env: [], nodes: [], mounts: [], unsupported: [] }

function parseEdits(edits: JsonObject | undefined): ContainerEdits {
  if (edits === undefined) return NONE
  return {
    env: optionalStringList(edits, 'env') ?? [],
    nodes: objectList(edits, 'deviceNodes').map((node) => {
      const path = requiredString(node, 'path')
      return { path, hostPath: optionalString(node, 'hostPath') ?? path }
    }),
    mounts: objectList(edits, 'mounts').map((mount) => ({
      source: requiredString(mount, 'hostPath'),
      target: requiredString(mount, 'containerPath'),
      readonly: optionalStringList(mount, 'options')?.includes('ro') === true,
    })),
    unsupported: UNSUPPORTED.flatMap(([key, what]) => (edits.fields.has(key) ? [what] : [])),
  }
}
