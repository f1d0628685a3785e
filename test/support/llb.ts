import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { DefinitionSchema, InputSchema, OpSchema, type Definition, type FileActionSchema, type Op, type OpMetadataSchema } from '../../src/api/gen/ops_pb.ts'
import { digestOf, type Digest } from '../../src/ground/digest.ts'

export type OpInit = MessageInitShape<typeof OpSchema>
export type ActionInit = MessageInitShape<typeof FileActionSchema>
type MetadataInit = MessageInitShape<typeof OpMetadataSchema>
type SourceInit = NonNullable<MessageInitShape<typeof DefinitionSchema>['Source']>

/** One output of an op that was added. */
export interface LlbRef {
  readonly digest: Digest
  readonly index: number
}

/** A definition (LLB) put together op by op, as clients do; each op may be as wrong as a test wants it. */
export interface Llb {
  add(op: OpInit, inputs?: readonly LlbRef[], metadata?: MetadataInit): LlbRef
  source(identifier: string, attrs?: Readonly<Record<string, string>>, metadata?: MetadataInit): LlbRef
  /** Actions stand on each other, the last one's result is the output, unless they say otherwise. */
  file(inputs: readonly LlbRef[], actions: readonly ActionInit[], metadata?: MetadataInit): LlbRef
  define(root: LlbRef, source?: SourceInit): Definition
}

export function createLlb(): Llb {
  const ops: Uint8Array[] = []
  const metadata: Record<string, MetadataInit> = {}
  const add: Llb['add'] = (op, inputs = [], about = {}) => {
    const bytes = toBinary(OpSchema, withInputs(create(OpSchema, op), inputs))
    const digest = digestOf(bytes)
    if (!(digest in metadata)) ops.push(bytes)
    metadata[digest] = about
    return { digest, index: 0 }
  }
  return {
    add,
    source: (identifier, attrs = {}, about) => add({ op: { case: 'source', value: { identifier, attrs: { ...attrs } } } }, [], about),
    file: (inputs, actions, about) => add({ op: { case: 'file', value: { actions: actions.map((action, index) => chain(action, { index, count: actions.length, inputs: inputs.length })) } } }, inputs, about),
    define: (root, source) => create(DefinitionSchema, { def: [...ops, toBinary(OpSchema, create(OpSchema, { inputs: [{ digest: root.digest, index: BigInt(root.index) }] }))], metadata, ...(source !== undefined && { Source: source }) }),
  }
}

function withInputs(op: Op, inputs: readonly LlbRef[]): Op {
  return { ...op, inputs: inputs.map(({ digest, index }) => create(InputSchema, { digest, index: BigInt(index) })) }
}

function chain(action: ActionInit, { index, count, inputs }: { readonly index: number; readonly count: number; readonly inputs: number }): ActionInit {
  const base = index === 0 ? (inputs === 0 ? -1n : 0n) : BigInt(inputs + index - 1)
  return { input: base, secondaryInput: -1n, output: index === count - 1 ? 0n : -1n, ...action }
}

/** Another output of the same op. */
export function output({ digest }: LlbRef, index: number): LlbRef {
  return { digest, index }
}

/** Of 2024, so that no test looks at the clock. */
export const TIME = 1_704_067_200_000_000_000n

export function mkfile(path: string, text = '', more: Readonly<Record<string, unknown>> = {}): ActionInit {
  return { action: { case: 'mkfile', value: { path, mode: 0o644, data: Buffer.from(text), timestamp: TIME, ...more } } }
}

export function mkdir(path: string, more: Readonly<Record<string, unknown>> = {}): ActionInit {
  return { action: { case: 'mkdir', value: { path, mode: 0o755, timestamp: TIME, ...more } } }
}

export function symlink(path: string, target: string, more: Readonly<Record<string, unknown>> = {}): ActionInit {
  return { action: { case: 'symlink', value: { newpath: path, oldpath: target, timestamp: TIME, ...more } } }
}

export function rm(path: string, more: Readonly<Record<string, unknown>> = {}): ActionInit {
  return { action: { case: 'rm', value: { path, ...more } } }
}

/** From the second input, as clients do it. */
export function copy(src: string, dest: string, more: Readonly<Record<string, unknown>> = {}): ActionInit {
  return { secondaryInput: 1n, action: { case: 'copy', value: { src, dest, mode: -1, timestamp: TIME, ...more } } }
}
