import { resolve } from 'node:path'
import type { OutputDestination, OutputRequest } from '../../driver/driver.ts'
import { flagOf } from '../../driver/nodes/outputs/flagOf.ts'
import { formatReference, parseReference, type Reference } from '../../ground/reference.ts'
import { splitCsv, splitKeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'
import { annotationAttributes } from './annotations.ts'
import type { BuildFlags } from './buildFlags.ts'

export interface OutputContext {
  readonly workingFolder: string
  readonly isStdoutTerminal: boolean
  /** The program that takes `--load`, looked for only when it is needed; undefined where there is none. */
  readonly loadProgram: () => readonly [string, ...string[]] | undefined
}

/** What `--output`, `--push`, `--load` and `--tag` come to: with none of the first three, and for `--load` where nothing else takes it, the local image store. @throws UsageError */
export function parseOutputs(flags: BuildFlags, tags: readonly Reference[], context: OutputContext): readonly OutputRequest[] {
  const asked = flags.output.map((text) => parseOutput(text))
  if (flags.push) asked.push({ type: 'registry', attributes: new Map(), destination: undefined, text: '--push' })
  if (flags.load) asked.push({ type: context.loadProgram() === undefined ? 'store' : 'docker', attributes: new Map(), destination: undefined, text: '--load' })
  if (asked.length === 0) asked.push({ type: 'store', attributes: new Map(), destination: undefined, text: 'type=store' })
  const shared = { names: tags.map(formatReference).join(','), annotations: annotationAttributes(flags.annotation), insecure: insecureOf(flags, tags) }
  const outputs = asked.flatMap((output) => (output.type === 'cacheonly' ? [] : [toRequest(output, shared, context)]))
  checkDestinations(outputs)
  return outputs
}

/** @throws UsageError */
export function parseTags(texts: readonly string[]): readonly Reference[] {
  const tags = texts.map((text) => {
    const reference = parseReference(text)
    if (reference.digest !== undefined) throw new UsageError(`invalid tag ${JSON.stringify(text)}: it has a digest`, { hint: 'write NAME[:TAG]; the digest comes of the build' })
    return reference
  })
  return tags.filter((tag, index) => tags.findIndex((other) => formatReference(other) === formatReference(tag)) === index)
}

interface AskedOutput {
  readonly type: AskedType
  /** Without `type` and `dest`. */
  readonly attributes: ReadonlyMap<string, string>
  readonly destination: string | undefined
  /** As the user wrote it. */
  readonly text: string
}

const TYPES = ['cacheonly', 'docker', 'image', 'local', 'oci', 'registry', 'store', 'tar'] as const
type AskedType = (typeof TYPES)[number]

function parseOutput(text: string): AskedOutput {
  if (text === '-') return { type: 'tar', attributes: new Map(), destination: '-', text }
  const fields = splitCsv(text).map((field) => ({ field, ...splitKeyValue(field.trim()) }))
  const [only] = fields
  if (fields.length === 1 && only?.value === undefined) return { type: 'local', attributes: new Map(), destination: text, text }
  const attributes = new Map<string, string>()
  for (const { field, key, value } of fields) {
    if (value === undefined) throw invalid(text, `${JSON.stringify(field)} is no KEY=VALUE`)
    if (attributes.has(key)) throw invalid(text, `${key} is given twice`)
    attributes.set(key, value)
  }
  const type = TYPES.find((candidate) => candidate === attributes.get('type'))
  if (type === undefined) throw invalid(text, attributes.has('type') ? `unknown type ${JSON.stringify(attributes.get('type'))}` : 'it has no type')
  return { type, attributes: withoutKeys(attributes, ['type', 'dest', 'destination']), destination: attributes.get('dest') ?? attributes.get('destination'), text }
}

function withoutKeys(attributes: ReadonlyMap<string, string>, keys: readonly string[]): ReadonlyMap<string, string> {
  return new Map([...attributes].filter(([key]) => !keys.includes(key)))
}

interface SharedAttributes {
  readonly names: string
  readonly annotations: ReadonlyMap<string, string>
  readonly insecure: boolean
}

function toRequest(output: AskedOutput, shared: SharedAttributes, context: OutputContext): OutputRequest {
  const { type } = output
  switch (type) {
    case 'image':
    case 'registry':
      return { type: 'image', attributes: imageAttributes(output, shared), destination: noDestination(output) }
    case 'store':
      return { type: 'image', attributes: named(output, shared), destination: noDestination(output) }
    case 'oci':
    case 'docker':
      return archiveRequest(type, output, { shared, context })
    case 'tar':
      return { type, attributes: output.attributes, destination: fileDestination(output, context) }
    case 'local':
      return { type, attributes: output.attributes, destination: folderDestination(output, context) }
    case 'cacheonly':
      throw new Error('an output of type cacheonly makes no request')
  }
}

function archiveRequest(type: 'oci' | 'docker', output: AskedOutput, { shared, context }: { readonly shared: SharedAttributes; readonly context: OutputContext }): OutputRequest {
  const attributes = named(output, shared)
  if (!flagOf(attributes, 'tar', true)) return { type, attributes, destination: folderDestination(output, context) }
  if (type === 'docker' && output.destination === undefined) return { type, attributes, destination: { kind: 'program', argv: context.loadProgram() ?? raiseNoLoader() } }
  return { type, attributes, destination: fileDestination(output, context) }
}

function raiseNoLoader(): never {
  throw new UsageError('type=docker needs Docker or Podman, and neither is in PATH', { hint: 'give it a file, dest=PATH, or use --load: the image then goes to the local store, and pelago run runs it from there' })
}

function imageAttributes(output: AskedOutput, shared: SharedAttributes): ReadonlyMap<string, string> {
  const attributes = new Map(named(output, shared))
  if (output.type === 'registry') attributes.set('push', 'true')
  if (!flagOf(attributes, 'push', false)) return attributes
  if ((attributes.get('name') ?? '') === '') throw new UsageError('nothing says where to push to', { hint: 'name the image with its registry: --tag HOST/NAME:TAG' })
  if (shared.insecure && !attributes.has('registry.insecure')) attributes.set('registry.insecure', 'true')
  return attributes
}

/** The tags are the names, where there are any; else the output's own `name`. */
function named({ attributes }: AskedOutput, { names, annotations }: SharedAttributes): ReadonlyMap<string, string> {
  return new Map([...annotations, ...attributes, ...(names === '' ? [] : ([['name', names]] as const))])
}

function noDestination({ destination, text }: AskedOutput): OutputDestination {
  if (destination !== undefined) throw invalid(text, 'this type has no dest')
  return { kind: 'none' }
}

function fileDestination({ destination, text }: AskedOutput, context: OutputContext): OutputDestination {
  if (destination !== undefined && destination !== '' && destination !== '-') return { kind: 'file', path: resolve(context.workingFolder, destination) }
  if (context.isStdoutTerminal) throw new UsageError(`an archive is not written to a terminal: --output ${text}`, { hint: 'give it a file, dest=PATH, or redirect stdout' })
  return { kind: 'stdout' }
}

function folderDestination({ destination, text }: AskedOutput, context: OutputContext): OutputDestination {
  if (destination === undefined || destination === '' || destination === '-') throw invalid(text, 'it needs a folder, dest=PATH')
  return { kind: 'folder', path: resolve(context.workingFolder, destination) }
}

function checkDestinations(outputs: readonly OutputRequest[]): void {
  const seen = new Set<string>()
  for (const { destination } of outputs) {
    const place = destination.kind === 'file' || destination.kind === 'folder' ? destination.path : destination.kind === 'stdout' ? 'stdout' : undefined
    if (place === undefined) continue
    if (seen.has(place)) throw new UsageError(`two outputs go to ${place}`, { hint: 'give each a dest of its own' })
    seen.add(place)
  }
}

function insecureOf(flags: BuildFlags, tags: readonly Reference[]): boolean {
  return tags.some(({ host }) => flags['insecure-registry'].includes(host))
}

function invalid(text: string, why: string): UsageError {
  return new UsageError(`invalid --output ${JSON.stringify(text)}: ${why}`, { hint: `write type=TYPE[,dest=PATH][,KEY=VALUE...]; TYPE is one of ${TYPES.join(', ')}` })
}
