import { InvalidValueError } from '../../../ground/errors.ts'

const HINT = 'write port, port/udp or first-last, such as 8080 or 9000-9010/tcp'

/** `[[ip:]host:]port[-last][/protocol]`, of which the container's ports are kept, one by one: `80/tcp`. @throws InvalidValueError */
export function parsePorts(text: string): readonly string[] {
  const container = text.slice(text.lastIndexOf(':') + 1)
  const slash = container.indexOf('/')
  const range = slash < 0 ? container : container.slice(0, slash)
  const protocol = slash < 0 ? '' : container.slice(slash + 1).toLowerCase()
  if (range === '') throw new InvalidValueError(`no port specified: ${text}<empty>`, { hint: HINT })
  if (!['', 'tcp', 'udp', 'sctp'].includes(protocol)) throw new InvalidValueError(`invalid proto: ${protocol}`, { hint: 'use tcp, udp or sctp' })
  const { first, last } = parseRange(range)
  return Array.from({ length: last - first + 1 }, (_, offset) => `${first + offset}/${protocol === '' ? 'tcp' : protocol}`)
}

function parseRange(text: string): { readonly first: number; readonly last: number } {
  const [first = '', last = first, ...rest] = text.split('-')
  const isPort = (part: string): boolean => /^\d{1,5}$/.test(part) && Number(part) <= 65535
  if (rest.length > 0 || !isPort(first) || !isPort(last) || Number(last) < Number(first)) throw new InvalidValueError(`invalid containerPort: ${text}`, { hint: HINT })
  return { first: Number(first), last: Number(last) }
}
