import type { Definition } from '../../api/gen/ops_pb.ts'
import type { ClientGraph } from '../../api/llb/clientGraph.ts'
import { parseDefinition } from '../../api/llb/definition.ts'

/** @throws DefinitionError */
export function parseInputs(definitions: Readonly<Record<string, Definition>>): ReadonlyMap<string, ClientGraph> {
  return new Map(Object.entries(definitions).map(([key, definition]) => [key, parseDefinition(definition)]))
}
