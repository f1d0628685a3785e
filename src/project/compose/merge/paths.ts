import { isAbsolute, join } from 'node:path'
import { type MapNode, type Node, type ScalarNode, textAt, withEntry } from '../yaml/node.ts'

/** Relative paths of a file are relative to this folder; `~` is `home`. */
export interface PathBase {
  readonly folder: string
  readonly home: string
}

/** Changes the node for one step of a path: a key, or `*` for every entry or item. */
type Change = (node: Node, base: PathBase) => Node

const FILES: readonly (readonly [path: string, change: Change])[] = [
  ['services.*.build.context', contextPath],
  ['services.*.build.additional_contexts.*', contextPath],
  ['services.*.build.ssh.*', sshPath],
  ['services.*.env_file.*.path', filePath],
  ['services.*.label_file.*', filePath],
  ['services.*.extends.file', filePath],
  ['services.*.develop.watch.*.path', filePath],
  ['services.*.volumes.*', mountSource],
  ['configs.*.file', filePath],
  ['secrets.*.file', filePath],
  ['volumes.*', boundVolume],
]

/** `model` with its relative paths seen from where `base` is. Contexts that are no folders stay. */
export function resolvePaths(model: MapNode, base: PathBase): MapNode {
  return FILES.reduce<Node>((node, [path, change]) => changeAt(node, path.split('.'), (found) => change(found, base)), model) as MapNode
}

function changeAt(node: Node, [step, ...rest]: readonly string[], change: (node: Node) => Node): Node {
  if (step === undefined) return node.tag === 'reset' ? node : change(node)
  if (node.kind === 'list') return step === '*' ? { ...node, items: node.items.map((item) => changeAt(item, rest, change)) } : node
  if (node.kind !== 'map') return node
  if (step === '*') return { ...node, entries: new Map([...node.entries].map(([key, value]) => [key, changeAt(value, rest, change)])) }
  const value = node.entries.get(step)
  return value === undefined ? node : withEntry(node, step, changeAt(value, rest, change))
}

/** Joined, not made absolute: a base that is relative itself gives a path relative to where that is. */
export function resolvePath(path: string, { folder, home }: PathBase): string {
  if (path === '~' || path.startsWith('~/')) return join(home, path.slice(1))
  return isAbsolute(path) ? path : join(folder, path)
}

function changeText(node: Node, change: (text: string) => string): Node {
  return node.kind === 'scalar' && typeof node.value === 'string' ? ({ ...node, value: change(node.value) } satisfies ScalarNode) : node
}

function filePath(node: Node, base: PathBase): Node {
  return changeText(node, (text) => (text === '' ? text : resolvePath(text, base)))
}

function contextPath(node: Node, base: PathBase): Node {
  return changeText(node, (text) => (isElsewhere(text) ? text : resolvePath(text, base)))
}

/** A context that is no folder of this machine. */
export function isElsewhere(context: string): boolean {
  return context === '-' || context.includes('://') || /^(?:service:|target:|git@|github\.com\/)/.test(context)
}

function sshPath(node: Node, base: PathBase): Node {
  return changeText(node, (text) => {
    const sign = text.indexOf('=')
    return sign < 0 ? text : `${text.slice(0, sign)}=${text.slice(sign + 1).split(',').map((path) => resolvePath(path, base)).join(',')}`
  })
}

function mountSource(node: Node, base: PathBase): Node {
  if (node.kind !== 'map' || textAt(node, 'type') !== 'bind') return node
  const source = node.entries.get('source')
  const isWindows = /^(?:[A-Za-z]:|\\\\)/.test(textAt(source) ?? '')
  return source === undefined || isWindows ? node : withEntry(node, 'source', filePath(source, base))
}

/** A volume that is a folder of this machine. */
function boundVolume(node: Node, base: PathBase): Node {
  const isBound = (textAt(node, 'driver') ?? 'local') === 'local' && textAt(node, 'driver_opts', 'o') === 'bind'
  return isBound ? changeAt(node, ['driver_opts', 'device'], (device) => filePath(device, base)) : node
}
