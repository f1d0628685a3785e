import type { Platform } from '../../ground/platform.ts'
import type { Output } from '../../graph/vertex.ts'
import type { BuildOp as BuildMessage, DiffOp as DiffMessage, ExecOp as ExecMessage, MergeOp as MergeMessage, Op as OpMessage, PassthroughOp as PassthroughMessage } from '../gen/ops_pb.ts'
import { toPlatform } from '../platformMessage.ts'
import { DefinitionError, type BuildOp, type ClientOp, type ClientOutput } from './clientGraph.ts'
import { mapExec } from './mapExec.ts'
import { mapFile } from './mapFile.ts'
import { inputIndex } from './opIndex.ts'
import { mapSource } from './mapSource.ts'

/** What an op message says. */
export interface MappedOp {
  readonly op: ClientOp
  readonly outputs: readonly ClientOutput[]
  /** Other than the message's own, where the op has them in another order. */
  readonly usesInputs?: readonly Output[]
  readonly platform: Platform | undefined
  /** As BuildKit calls it. */
  readonly name: string
}

/** Of an input's name in its merge's or diff's: names of names would double with each op that has an input twice. */
const MAX_INPUT_NAME_CHARS = 256

const ONE_OUTPUT: readonly ClientOutput[] = [{ kind: 'own', index: 0 }]

/** `nameOf` says what an input is called. @throws DefinitionError */
export function mapOp(message: OpMessage, inputs: readonly Output[], nameOf: (input: Output) => string): MappedOp {
  const platform = toPlatform(message.platform)
  const { op } = message
  const namesOf = (): readonly string[] => inputs.map((input) => shorten(nameOf(input)))
  switch (op.case) {
    case 'source':
      return { op: { kind: 'source', source: mapSource(op.value) }, outputs: ONE_OUTPUT, platform, name: op.value.identifier }
    case 'exec':
      return { ...mapExec(op.value, inputs.length), platform, name: nameOfExec(op.value) }
    case 'file':
      return { ...mapFile(op.value, inputs.length), platform: undefined }
    case 'merge':
      return { ...mapMerge(op.value, inputs), platform: undefined, name: `merge (${namesOf().join(', ')})` }
    case 'diff':
      return { ...mapDiff(op.value, namesOf()), platform: undefined }
    case 'passthrough':
      return { ...mapPassthrough(op.value, inputs), platform: undefined, name: 'passthrough' }
    case 'build':
      return { op: mapBuild(op.value, inputs.length), outputs: ONE_OUTPUT, platform: undefined, name: 'build' }
    case undefined:
      throw new DefinitionError('an op of the definition (LLB) is of no known kind')
  }
}

/** Never with half of a surrogate pair, which is no text for a message. */
function shorten(name: string): string {
  return name.length <= MAX_INPUT_NAME_CHARS ? name : `${name.slice(0, MAX_INPUT_NAME_CHARS - 1).toWellFormed()}…`
}

function nameOfExec({ meta }: ExecMessage): string {
  return (meta?.args ?? []).join(' ')
}

function mapMerge({ inputs: merged }: MergeMessage, inputs: readonly Output[]): Pick<MappedOp, 'op' | 'outputs' | 'usesInputs'> {
  if (merged.length !== inputs.length) throw new DefinitionError(`invalid merge op with ${merged.length} inner inputs and ${inputs.length} outer inputs`)
  const usesInputs = merged.flatMap(({ input }) => inputs[inputIndex(input, inputs.length, 'merge op') ?? -1] ?? [])
  return { op: { kind: 'merge' }, outputs: ONE_OUTPUT, usesInputs }
}

function mapDiff({ lower, upper }: DiffMessage, names: readonly string[]): Pick<MappedOp, 'op' | 'outputs' | 'name'> {
  if (lower === undefined || upper === undefined) throw new DefinitionError('invalid diff op with nil lower or upper input')
  const [below, above] = [lower, upper].map(({ input }) => inputIndex(input, names.length, 'diff op'))
  const nameOf = (input: number | undefined): string => (input === undefined ? 'scratch' : `(${names[input] ?? ''})`)
  return { op: { kind: 'diff', lower: below, upper: above }, outputs: ONE_OUTPUT, name: `diff ${nameOf(below)} -> ${nameOf(above)}` }
}

/** Its file is called so, and so is the input that it is in. */
const DEFINITION = 'buildkit.llb.definition'
const LLB_BUILDER = -1n

/** As in BuildKit, what the op itself holds of a definition has no meaning. */
function mapBuild({ builder, inputs: named, def, attrs }: BuildMessage, inputCount: number): BuildOp {
  if (builder !== LLB_BUILDER) throw new DefinitionError('only LLB builder is currently allowed')
  if ((def?.def.length ?? 0) > 0) throw new DefinitionError('a definition within a build op is not supported', { hint: `put it into a file of an input: ${DEFINITION}` })
  const { 'llbbuild.filename': filename = DEFINITION, ...unknown } = attrs
  const [attribute] = Object.keys(unknown)
  if (attribute !== undefined) throw new DefinitionError(`attribute ${attribute} of a build op is not supported`)
  const found = named[DEFINITION]
  const input = found === undefined ? undefined : inputIndex(found.input, inputCount, 'build op')
  if (input === undefined) throw new DefinitionError(`no llb definition input ${DEFINITION} found`)
  return { kind: 'build', input, filename }
}

function mapPassthrough({ id, outputs }: PassthroughMessage, inputs: readonly Output[]): Pick<MappedOp, 'op' | 'outputs'> {
  if (id === '') throw new DefinitionError('invalid passthrough op with no id')
  if (outputs.length === 0) throw new DefinitionError('invalid passthrough op with no outputs')
  const places = outputs.map((output): ClientOutput => {
    const index = Number(output)
    if (!(index in inputs)) throw new DefinitionError(`invalid passthrough output input index ${output}`)
    return { kind: 'input', index }
  })
  return { op: { kind: 'passthrough' }, outputs: places }
}
