import { digestHex, digestOf } from '../../ground/digest.ts'
import { exceptionIdOf, licenseIdOf } from './licenseNames.ts'

/** SPDX 2.3, annex D. */
export interface LicenseExpression {
  /** `NOASSERTION` where nothing was declared. */
  readonly text: string
  /** What was declared, by the `LicenseRef-…` that stands for it in `text`. */
  readonly references: ReadonlyMap<string, string>
}

/**
 * All of `declared` hold. Each may be an expression in SPDX's form, Debian's, Fedora's or any other: what is no
 * licence of SPDX's list becomes a `LicenseRef-…` of its own, so that the expression is valid whatever was declared.
 */
export function toLicenseExpression(declared: readonly string[]): LicenseExpression {
  const references = new Map<string, string>()
  const all = [...new Set(declared.map((text) => text.trim()).filter((text) => text !== ''))].map(parseDeclared).flatMap((node) => (node.kind === 'and' ? node.nodes : [node]))
  const texts = [...new Set(all.map((node) => format(node, references, all.length > 1 ? 'and' : 'or')))].sort()
  return { text: texts.length === 0 ? 'NOASSERTION' : texts.join(' AND '), references }
}

type Node = { readonly kind: 'license'; readonly name: string; readonly exception: string | undefined } | { readonly kind: 'and' | 'or'; readonly nodes: readonly Node[] }

/** Deeper is no declaration, but an attempt. */
const MAX_DEPTH = 20

function parseDeclared(text: string): Node {
  const whole: Node = { kind: 'license', name: text, exception: undefined }
  if (licenseIdOf(text) !== undefined) return whole
  const tokens = text.match(/[()]|[^\s()]+/g) ?? []
  const parser = new Parser(tokens)
  const node = parser.alternatives(0)
  return node === undefined || !parser.isAtEnd ? whole : node
}

/** Undefined from any method: this is no expression. */
class Parser {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  alternatives(depth: number): Node | undefined {
    return this.#joined('or', () => this.#joined('and', () => this.#license(depth)))
  }

  #joined(kind: 'and' | 'or', next: () => Node | undefined): Node | undefined {
    const nodes: Node[] = []
    do {
      const node = next()
      if (node === undefined) return undefined
      nodes.push(node)
    } while (this.#take((token) => operatorOf(token) === kind) !== undefined)
    return nodes.length === 1 ? nodes[0] : { kind, nodes }
  }

  #license(depth: number): Node | undefined {
    if (this.#take((token) => token === '(') !== undefined) {
      const inner = depth >= MAX_DEPTH ? undefined : this.alternatives(depth + 1)
      return inner !== undefined && this.#take((token) => token === ')') !== undefined ? inner : undefined
    }
    const name = this.#words()
    const hasException = this.#take((token) => token.toLowerCase() === 'with') !== undefined
    const exception = hasException ? this.#words() : undefined
    return name === '' || exception === '' ? undefined : { kind: 'license', name, exception }
  }

  #words(): string {
    const words: string[] = []
    const isWord = (token: string): boolean => token !== '(' && token !== ')' && operatorOf(token) === undefined && token.toLowerCase() !== 'with'
    for (let word = this.#take(isWord); word !== undefined; word = this.#take(isWord)) words.push(word)
    return words.join(' ')
  }

  #take(isWanted: (token: string) => boolean): string | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || !isWanted(token)) return undefined
    this.#at += 1
    return token
  }
}

function operatorOf(token: string): 'and' | 'or' | undefined {
  switch (token.toLowerCase()) {
    case 'and':
    case '&':
      return 'and'
    case 'or':
    case '|':
      return 'or'
    default:
      return undefined
  }
}

/** With parentheses where what is around binds tighter. */
function format(node: Node, references: Map<string, string>, around: 'and' | 'or'): string {
  if (node.kind === 'license') return formatLicense(node.name, node.exception, references)
  const texts = [...new Set(node.nodes.map((inner) => format(inner, references, node.kind)))]
  const joined = texts.join(node.kind === 'and' ? ' AND ' : ' OR ')
  return texts.length > 1 && node.kind === 'or' && around === 'and' ? `(${joined})` : joined
}

function formatLicense(name: string, exception: string | undefined, references: Map<string, string>): string {
  // cargo and npm had `MIT/Apache-2.0` before SPDX's form
  const choices = name.split('/').map((part) => licenseIdOf(part.trim()))
  const id = licenseIdOf(name)
  if (exception === undefined) {
    if (id !== undefined) return id
    if (choices.length > 1 && choices.every((choice) => choice !== undefined)) return `(${choices.join(' OR ')})`
    return referenceTo(name, references)
  }
  const exceptionId = exceptionIdOf(exception)
  return id === undefined || exceptionId === undefined ? referenceTo(`${name} with ${exception}`, references) : `${id} WITH ${exceptionId}`
}

const MAX_REFERENCE_CHARACTERS = 60

function referenceTo(text: string, references: Map<string, string>): string {
  const plain = text.replace(/^LicenseRef-/, '')
  const safe = plain.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^-+|-+$/g, '')
  // what had to be changed gets a mark of its own, so that no two declarations share a reference
  const id = safe === plain && safe.length <= MAX_REFERENCE_CHARACTERS ? safe : `${safe.slice(0, MAX_REFERENCE_CHARACTERS)}-${digestHex(digestOf(plain)).slice(0, 8)}`
  const reference = `LicenseRef-${id}`
  references.set(reference, plain)
  return reference
}
