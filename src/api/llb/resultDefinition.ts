import { create, toBinary } from '@bufbuild/protobuf'
import { digestOf } from '../../ground/digest.ts'
import { DefinitionSchema, OpSchema, type Definition } from '../gen/ops_pb.ts'

/**
 * What a client is given of a result, to hand it in as an input of another build, or to build on it. To the client it is
 * a graph like any other, of one source; what that leads to stays in the engine.
 */
const SCHEME = 'pelago-result://'

export function formatResultDefinition(id: string): Definition {
  const source = toBinary(OpSchema, create(OpSchema, { op: { case: 'source', value: { identifier: `${SCHEME}${id}` } } }))
  const digest = digestOf(source)
  const last = toBinary(OpSchema, create(OpSchema, { inputs: [{ digest, index: 0n }] }))
  return create(DefinitionSchema, { def: [source, last], metadata: { [digest]: {} } })
}

/** The id of the result; undefined where the source is another. */
export function parseResultIdentifier(identifier: string): string | undefined {
  return identifier.startsWith(SCHEME) ? identifier.slice(SCHEME.length) : undefined
}
