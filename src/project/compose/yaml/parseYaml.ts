import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node as YamlNode, type Pair, parseAllDocuments, type Scalar, type YAMLMap } from 'yaml'
import type { SourceText } from '../../../ground/sourceSpan.ts'
import { ComposeFileError, refuse } from '../mistakes.ts'
import { type MapNode, type Node, type Place, scalar } from './node.ts'
import { resolvePlain } from './plainScalar.ts'

/** No Compose file of people is near: a file may be small, and large once its aliases stand for what they name. */
const MOST_NODES = 200_000
const MOST_DEPTH = 100

/** The documents of a file, those without content left out. @throws ComposeFileError */
export function parseYaml(source: SourceText): readonly Node[] {
  const documents = parseAllDocuments(source.text, { schema: 'failsafe', lineCounter: new LineCounter(), prettyErrors: false, logLevel: 'error', keepSourceTokens: false })
  if (!Array.isArray(documents)) return []
  const errors = documents.flatMap(({ errors: found }) => found)
  if (errors.length > 0) throw new ComposeFileError(errors.map(({ message, pos }) => ({ place: { source, offset: pos[0] }, message: `invalid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}` })))
  return documents.flatMap((document) => {
    const { contents } = document
    if (contents === null) return []
    const node = new TreeReading(source, (alias) => (isAlias(alias) ? alias.resolve(document) : undefined)).read(contents, contents.range[0])
    return node.kind === 'scalar' && node.value === null ? [] : [node]
  })
}

/** Turns the library's nodes into ours: aliases stand for what they name, merge keys are done. */
class TreeReading {
  #nodeCount = 0
  readonly #open: YamlNode[] = []
  readonly #source: SourceText
  readonly #resolve: (alias: YamlNode) => YamlNode | undefined

  constructor(source: SourceText, resolve: (alias: YamlNode) => YamlNode | undefined) {
    this.#source = source
    this.#resolve = resolve
  }

  /** `offset` is that of the key before it, or its own. */
  read(node: YamlNode, offset: number): Node {
    const place = this.#place(offset)
    this.#nodeCount += 1
    if (this.#nodeCount > MOST_NODES) refuse(place, `more than ${MOST_NODES} values, aliases counted as often as they stand`)
    if (this.#open.length >= MOST_DEPTH) refuse(place, `nested more than ${MOST_DEPTH} deep`)
    if (this.#open.includes(node)) refuse(place, 'an anchor that contains itself')
    this.#open.push(node)
    try {
      return this.#readOpen(node, place)
    } finally {
      this.#open.pop()
    }
  }

  #readOpen(node: YamlNode, place: Place): Node {
    if (isAlias(node)) {
      const target = this.#resolve(node)
      if (target === undefined) refuse(place, `no anchor ${JSON.stringify(node.source)} before this alias`)
      return this.read(target, place.offset)
    }
    const tag = tagOf(node)
    if (isScalar(node)) return { ...scalar(valueOf(node), place), ...tag }
    if (isMap(node)) return { ...this.#readMap(node, place), ...tag }
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => this.read(item as YamlNode, offsetOf(item as YamlNode, place))), place, ...tag }
    return refuse(place, 'a kind of YAML value that is not known')
  }

  #readMap(node: YAMLMap, place: Place): MapNode {
    const merged = new Map<string, Node>()
    const own = new Map<string, Node>()
    for (const pair of node.items as readonly Pair<YamlNode, YamlNode | null>[]) {
      const keyOffset = pair.key.range?.[0] ?? place.offset
      if (!isScalar(pair.key)) refuse(this.#place(keyOffset), 'a key that is no text')
      const key = String(pair.key.value)
      const value = pair.value === null ? scalar(null, this.#place(keyOffset)) : this.read(pair.value, keyOffset)
      if (key === '<<' && pair.key.type === 'PLAIN') this.#mergeInto(merged, value)
      else own.set(key, value)
    }
    return { kind: 'map', entries: new Map([...merged, ...own]), place }
  }

  /** YAML's merge key: of several maps, the first that has a key wins. */
  #mergeInto(merged: Map<string, Node>, value: Node): void {
    for (const from of value.kind === 'list' ? value.items : [value]) {
      if (from.kind !== 'map') refuse(value.place, '<< takes a map, or a list of maps')
      for (const [key, entry] of from.entries) if (!merged.has(key)) merged.set(key, entry)
    }
  }

  #place(offset: number): Place {
    return { source: this.#source, offset }
  }
}

function offsetOf({ range }: YamlNode, fallback: Place): number {
  return range?.[0] ?? fallback.offset
}

function tagOf({ tag }: YamlNode): { readonly tag?: 'reset' | 'override' } {
  return tag === '!reset' ? { tag: 'reset' } : tag === '!override' ? { tag: 'override' } : {}
}

function valueOf(node: Scalar): string | number | boolean | null {
  const text = String(node.value)
  if (node.tag === 'tag:yaml.org,2002:str') return text
  return node.type === 'PLAIN' ? resolvePlain(text) : text
}
