import { fromBinary } from '@bufbuild/protobuf'
import { digestOf, parseDigest, type Digest } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { Output } from '../../graph/vertex.ts'
import { OpSchema, type Definition, type Op as OpMessage } from '../gen/ops_pb.ts'
import { DefinitionError, type ClientGraph, type ClientVertex } from './clientGraph.ts'
import { checkMetadata, toNote } from './opMetadata.ts'
import { mapOp } from './mapOp.ts'
import { readSpans } from './definitionSource.ts'

/** More than any frontend makes, and less than what would hold the engine up. */
export const MAX_VERTICES = 20_000

/**
 * From a message to a graph. A definition is a list of ops, each named by the digest of its bytes; the last has no body,
 * and its input is the result. An empty definition is an empty file system. Pure.
 * @throws DefinitionError
 */
export function parseDefinition(definition: Pick<Definition, 'def' | 'metadata' | 'Source'>): ClientGraph {
  if (definition.def.length === 0) return { vertices: new Map(), root: undefined }
  const ops = readOps(definition.def)
  const [result] = ops.last.inputs
  if (result === undefined) throw new DefinitionError('invalid LLB with no inputs on last vertex', { hint: 'the last op of a definition has one input: the result' })
  const spans = readSpans(definition.Source)
  const vertices = new Map<Digest, ClientVertex>()
  const root = toOutput(result, 'the result')
  for (const digest of inputsFirst(root.vertex, ops.byDigest)) {
    const message = ops.byDigest.get(digest)
    if (message === undefined) throw new DefinitionError(`invalid missing input digest ${digest}`)
    try {
      vertices.set(digest, readVertex({ digest, message, metadata: definition.metadata[digest], span: spans(digest) }, vertices))
    } catch (error) {
      throw error instanceof BuildError ? new DefinitionError(error.message, { hint: error.hint, span: spans(digest), cause: error }) : error
    }
  }
  checkOutput(root, vertices)
  return { vertices, root }
}

interface Ops {
  readonly byDigest: ReadonlyMap<Digest, OpMessage>
  readonly last: OpMessage
}

function readOps(def: readonly Uint8Array[]): Ops {
  if (def.length > MAX_VERTICES) throw new DefinitionError(`the definition (LLB) has ${def.length} vertices, more than ${MAX_VERTICES}`)
  if (def.length < 2) throw new DefinitionError(`invalid LLB with ${def.length} vertexes`, { hint: 'a definition has at least one op, and one without a body behind it' })
  const ops = def.map((bytes) => [digestOf(bytes), readOp(bytes)] as const)
  const last = ops.at(-1)
  if (last === undefined || last[1].op.case !== undefined) throw new DefinitionError('the definition (LLB) has no terminal op', { hint: 'its last op has no body, and one input: the result' })
  return { byDigest: new Map(ops.slice(0, -1)), last: last[1] }
}

function readOp(bytes: Uint8Array): OpMessage {
  try {
    return fromBinary(OpSchema, bytes)
  } catch (error) {
    throw new DefinitionError('failed to parse llb proto op', { cause: error })
  }
}

interface VertexMessage {
  readonly digest: Digest
  readonly message: OpMessage
  readonly metadata: Definition['metadata'][string] | undefined
  readonly span: SourceSpan | undefined
}

/** What it stands on is in `before`. */
function readVertex({ digest, message, metadata, span }: VertexMessage, before: ReadonlyMap<Digest, ClientVertex>): ClientVertex {
  checkMetadata(metadata)
  const inputs = message.inputs.map((input) => toOutput(input, 'an input'))
  for (const input of inputs) checkOutput(input, before)
  const { op, outputs, usesInputs = inputs, platform, name } = mapOp(message, inputs, (input) => before.get(input.vertex)?.note.name ?? '')
  const constraints = message.constraints?.filter ?? []
  return { digest, op, inputs: usesInputs, outputs, platform, note: toNote(name, metadata, span), ...(constraints.length > 0 && { constraints }) }
}

function toOutput({ digest, index }: OpMessage['inputs'][number], what: string): Output {
  try {
    return { vertex: parseDigest(digest), index: Number(index) }
  } catch (error) {
    throw new DefinitionError(`${what} of the definition (LLB) is no digest: ${JSON.stringify(digest)}`, { cause: error })
  }
}

function checkOutput({ vertex, index }: Output, vertices: ReadonlyMap<Digest, ClientVertex>): void {
  const found = vertices.get(vertex)
  if (found === undefined) throw new DefinitionError(`invalid missing input digest ${vertex}`)
  if (!(index in found.outputs)) throw new DefinitionError(`output ${index} is asked of ${JSON.stringify(found.note.name)}, which has ${found.outputs.length}`)
}

/** With a stack of its own: a graph may be deep. It has no cycles, since names are digests of what they name. */
function inputsFirst(root: Digest, ops: ReadonlyMap<Digest, OpMessage>): ReadonlySet<Digest> {
  const ordered = new Set<Digest>()
  const entered = new Set<Digest>()
  const stack = [root]
  for (let digest = stack.at(-1); digest !== undefined; digest = stack.at(-1)) {
    if (entered.has(digest)) {
      stack.pop()
      ordered.add(digest)
    } else {
      entered.add(digest)
      const below = (ops.get(digest)?.inputs ?? []).map((input) => toOutput(input, 'an input').vertex)
      stack.push(...below.filter((input) => !entered.has(input)).reverse())
    }
  }
  return ordered
}
