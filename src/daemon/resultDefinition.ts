import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { DefinitionSchema, OpSchema, type Definition } from '../api/gen/ops_pb.ts'
import { digestOf } from '../ground/digest.ts'
import { InvalidValueError } from '../ground/errors.ts'

/**
 * What a client is given of a result, to hand it in as an input of another build. To the client it is a graph like any
 * other, of one source; what that leads to stays in the engine.
 */
const SCHEME = 'pelago-result://'

export function formatResultDefinition(id: string): Definition {
  const source = toBinary(OpSchema, create(OpSchema, { op: { case: 'source', value: { identifier: `${SCHEME}${id}` } } }))
  const digest = digestOf(source)
  const last = toBinary(OpSchema, create(OpSchema, { inputs: [{ digest, index: 0n }] }))
  return create(DefinitionSchema, { def: [source, last], metadata: { [digest]: {} } })
}

/** The id of the result. @throws InvalidValueError where it is a graph of the client's own */
export function parseResultDefinition({ def }: Pick<Definition, 'def'>): string {
  for (const bytes of def) {
    const { op } = fromBinary(OpSchema, bytes)
    if (op.case === 'source' && op.value.identifier.startsWith(SCHEME)) return op.value.identifier.slice(SCHEME.length)
  }
  throw new InvalidValueError('a definition (LLB) of the client’s own is not supported yet', { hint: 'send a result that this engine gave as the input' })
}
