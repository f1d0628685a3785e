import { InvalidValueError } from '../../../../ground/errors.ts'
import { map, type MapNode, type Node, scalar, type ScalarNode } from '../../yaml/node.ts'

const PROPAGATIONS: ReadonlySet<string> = new Set(['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'])
const HINT = 'write [SOURCE:]TARGET[:OPTIONS], such as ./data:/data:ro'

/** The mount that `[SOURCE:]TARGET[:OPTIONS]` stands for. @throws InvalidValueError */
export function expandVolume(node: ScalarNode): MapNode {
  const { place } = node
  const { source, target, options } = splitVolume(String(node.value))
  const isBind = source !== undefined && isPath(source)
  const entries: (readonly [string, Node])[] = [['type', scalar(isBind ? 'bind' : 'volume', place)]]
  if (source !== undefined) entries.push(['source', scalar(source, place)])
  entries.push(['target', scalar(target, place)])
  if (options.includes('ro')) entries.push(['read_only', scalar(true, place)])
  entries.push(isBind ? ['bind', bindOptions(options, node)] : ['volume', map(options.includes('nocopy') ? [['nocopy', scalar(true, place)]] : [], place)])
  return map(entries, place)
}

function splitVolume(text: string): { readonly source: string | undefined; readonly target: string; readonly options: readonly string[] } {
  const parts = splitAtColons(text)
  const [first = '', second, options = '', ...rest] = parts
  if (rest.length > 0 || parts.includes('')) throw new InvalidValueError(`invalid volume: ${JSON.stringify(text)}`, { hint: HINT })
  return { source: second === undefined ? undefined : first, target: second ?? first, options: options.split(',') }
}

function bindOptions(told: readonly string[], { place }: ScalarNode): MapNode {
  const propagation = told.find((option) => PROPAGATIONS.has(option))
  const selinux = told.find((option) => option === 'z' || option === 'Z')
  return map(
    [
      ...(selinux === undefined ? [] : [['selinux', scalar(selinux, place)] as const]),
      ...(propagation === undefined ? [] : [['propagation', scalar(propagation, place)] as const]),
      ['create_host_path', scalar(true, place)],
    ],
    place,
  )
}

/** A letter before a colon is a drive of Windows, as Docker reads it; colons inside of `${…}` are none. */
function splitAtColons(text: string): readonly string[] {
  const parts = ['']
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    const part = parts.at(-1) ?? ''
    if (text.startsWith('${', at)) depth += 1
    else if (char === '}' && depth > 0) depth -= 1
    if (char === ':' && depth === 0 && !/^[A-Za-z]$/.test(part)) parts.push('')
    else parts[parts.length - 1] = part + char
  }
  return parts
}

/** Of this machine, and no name of a volume. */
function isPath(source: string): boolean {
  return /^(?:[./~]|\\\\|[A-Za-z]:)/.test(source)
}
