import { InvalidValueError } from '../../../../ground/errors.ts'
import { list, type ListNode, map, type MapNode, type Node, scalar, type ScalarNode } from '../../yaml/node.ts'
import { splitShellWords } from './shellWords.ts'

/** A text as the map with it as its `key`. */
export function shortFor(key: string): (node: ScalarNode) => MapNode | undefined {
  return (node) => (typeof node.value === 'string' ? map([[key, node]], node.place) : undefined)
}

/** `KEY=VALUE`; `whenAlone` is what KEY alone means. */
export function keyValue(whenAlone: '' | null): (item: ScalarNode) => readonly [string, Node] {
  return (item) => {
    const text = String(item.value)
    const sign = text.indexOf('=')
    return sign < 0 ? [text, scalar(whenAlone, item.place)] : [text.slice(0, sign), scalar(text.slice(sign + 1), item.place)]
  }
}

/** The name alone, as the key of an empty map, or of `value`. */
export function nameAlone(value: (item: ScalarNode) => Node): (item: ScalarNode) => readonly [string, Node] {
  return (item) => [String(item.value), value(item)]
}

/** A command in one line as the list of its words. @throws InvalidValueError */
export function commandWords(node: ScalarNode | MapNode): ListNode | undefined {
  if (node.kind === 'map' || typeof node.value !== 'string') return undefined
  return list(splitShellWords(node.value).map((word) => scalar(word, node.place)), node.place)
}

/** A health check in one line, which a shell runs. */
export function healthTest(node: ScalarNode | MapNode): ListNode | undefined {
  if (node.kind === 'map' || typeof node.value !== 'string') return undefined
  return list([scalar('CMD-SHELL', node.place), node], node.place)
}

/** `SOURCE[:TARGET[:PERMISSIONS]]`. @throws InvalidValueError */
export function deviceMapping(node: ScalarNode): MapNode | undefined {
  if (typeof node.value !== 'string') return undefined
  const [source = '', target = source, permissions = 'rwm', ...rest] = node.value.split(':')
  if (rest.length > 0) throw new InvalidValueError(`invalid device: ${JSON.stringify(node.value)}`, { hint: 'write SOURCE[:TARGET[:PERMISSIONS]]' })
  return map(Object.entries({ source, target, permissions }).map(([key, value]) => [key, scalar(value, node.place)]), node.place)
}

/** Hosts as a map: the list of them, in the form `HOST=IP`. */
export function hostsOfMap(node: ScalarNode | MapNode): ListNode | undefined {
  if (node.kind !== 'map') return undefined
  const items = [...node.entries].flatMap(([host, value]) =>
    (value.kind === 'list' ? value.items : [value]).map((address) => scalar(`${host}=${address.kind === 'scalar' ? String(address.value) : ''}`, address.place)),
  )
  return list(items, node.place)
}

/** `HOST=IP`, `HOST:IP`, the address in brackets or not. @throws InvalidValueError */
export function hostEntry(item: ScalarNode): readonly Node[] {
  const text = String(item.value)
  const [, host = '', address = ''] = /^([^=:]+)[=:](.+)$/.exec(text) ?? []
  if (host === '') throw new InvalidValueError(`invalid host: ${JSON.stringify(text)}`, { hint: 'write HOST=IP' })
  return [scalar(`${host}=${address.replace(/^\[(.*)\]$/, '$1')}`, item.place)]
}

/** Ssh keys as a map: `default: null`, `id: path`. */
export function sshOfMap(node: ScalarNode | MapNode): ListNode | undefined {
  if (node.kind !== 'map') return node.value === null ? undefined : list([node], node.place)
  return list([...node.entries].map(([id, value]) => scalar(value.kind === 'scalar' && value.value !== null ? `${id}=${String(value.value)}` : id, value.place)), node.place)
}
