import { InvalidValueError } from '../../../../ground/errors.ts'
import { map, type MapNode, scalar, type ScalarNode } from '../../yaml/node.ts'

const PROTOCOLS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp'])
const LAST_PORT = 65_535
const HINT = 'write [[IP:]HOST:]CONTAINER[/PROTOCOL], such as 8080:80 or 127.0.0.1:8080:80/udp'

interface PortRange {
  readonly first: number
  readonly last: number
}

/** The ports that `[[IP:]HOST:]CONTAINER[/PROTOCOL]` stands for: one, or those of a range. @throws InvalidValueError */
export function expandPorts(node: ScalarNode): readonly MapNode[] {
  const text = String(node.value)
  const { hostIp, host, container, protocol } = splitPort(text)
  const inside = parseRange(container, text)
  if (inside === undefined) throw new InvalidValueError(`no container's port in ${JSON.stringify(text)}`, { hint: HINT })
  const outside = parseRange(host, text)
  const count = inside.last - inside.first + 1
  const hostCount = outside === undefined ? count : outside.last - outside.first + 1
  if (hostCount !== count && count > 1) throw new InvalidValueError(`as many ports outside as inside are needed: ${JSON.stringify(text)}`, { hint: HINT })
  return Array.from({ length: count }, (_, index) => {
    const published = outside === undefined ? undefined : count === 1 ? formatRange(outside) : String(outside.first + index)
    return portNode(node, { hostIp, target: inside.first + index, published, protocol })
  })
}

function portNode({ place }: ScalarNode, port: { readonly hostIp: string; readonly target: number; readonly published: string | undefined; readonly protocol: string }): MapNode {
  const entries = [
    ['mode', 'ingress'],
    ['host_ip', port.hostIp],
    ['target', port.target],
    ['published', port.published ?? ''],
    ['protocol', port.protocol],
  ] as const
  return map(entries.flatMap(([key, value]) => (value === '' ? [] : [[key, scalar(value, place)] as const])), place)
}

function splitPort(text: string): { readonly hostIp: string; readonly host: string; readonly container: string; readonly protocol: string } {
  const [, rest = '', protocol = 'tcp'] = /^([^/]*)(?:\/(.*))?$/.exec(text) ?? []
  if (!PROTOCOLS.has(protocol.toLowerCase())) throw new InvalidValueError(`no such protocol: ${JSON.stringify(protocol)}`, { hint: `choose one of ${[...PROTOCOLS].join(', ')}` })
  const [, bracketed, plain = '', host = '', container = ''] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)??(?:([^:[\]]*):)?([^:[\]]*)$/.exec(rest) ?? []
  const hostIp = bracketed ?? plain
  if (hostIp !== '' && !isAddress(hostIp)) throw new InvalidValueError(`no IP address: ${JSON.stringify(hostIp)}`, { hint: HINT })
  return { hostIp, host, container, protocol: protocol.toLowerCase() }
}

function isAddress(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 ? parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256) : /^[\da-f:.%]+$/i.test(text) && text.includes(':')
}

/** Undefined for ''. */
function parseRange(text: string, whole: string): PortRange | undefined {
  if (text === '') return undefined
  const [first = '', last = first, ...rest] = text.split('-')
  const isPort = (port: string): boolean => /^\d{1,5}$/.test(port) && Number(port) <= LAST_PORT
  if (!isPort(first) || !isPort(last) || rest.length > 0 || Number(first) > Number(last)) throw new InvalidValueError(`${JSON.stringify(text)} is no port, nor a range of ports: ${JSON.stringify(whole)}`, { hint: HINT })
  return { first: Number(first), last: Number(last) }
}

function formatRange({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`
}
