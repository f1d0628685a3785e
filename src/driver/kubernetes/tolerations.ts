import { InvalidValueError } from '../../ground/errors.ts'

/** A taint of a node that pods may ignore. Kubernetes API, core/v1 `Toleration`. */
export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

const OPERATORS: ReadonlySet<string> = new Set(['Exists', 'Equal'])
const EFFECTS: ReadonlySet<string> = new Set(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
const HINT = `write key=KEY,value=VALUE,operator=Exists|Equal,effect=NoSchedule|PreferNoSchedule|NoExecute,tolerationSeconds=N, as much of it as you need, in quotes; several with ";" between: --driver-opt '"tolerations=key=a,operator=Exists;key=b,value=c"'`

/** buildx's form of them. @throws InvalidValueError */
export function parseTolerations(text: string | undefined): readonly Toleration[] {
  const listed = (text ?? '').replace(/^"+|"+$/g, '')
  return listed === '' ? [] : listed.split(';').map(parseToleration)
}

function parseToleration(text: string): Toleration {
  const toleration: Record<string, string | number> = {}
  for (const pair of text.split(',')) {
    const [, key = '', value = ''] = /^([^=]*)=([^=]*)$/.exec(pair.trim()) ?? []
    if (!isGood(key, value)) throw new InvalidValueError(`--driver-opt tolerations does not take ${JSON.stringify(pair)}`, { hint: HINT })
    toleration[key] = key === 'tolerationSeconds' ? Number(value) : value
  }
  return toleration
}

function isGood(key: string, value: string): boolean {
  switch (key) {
    case 'key':
    case 'value':
      return true
    case 'operator':
      return OPERATORS.has(value)
    case 'effect':
      return EFFECTS.has(value)
    case 'tolerationSeconds':
      return /^-?\d+$/.test(value)
    default:
      return false
  }
}
