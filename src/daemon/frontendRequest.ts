import type { Definition } from '../api/gen/ops_pb.ts'
import { parseDefinition } from '../api/llb/definition.ts'
import { isBuiltInFrontend } from '../dockerfile/frontendImage.ts'
import type { FrontendRequest, ResultLookup } from '../engine/engine.ts'
import { InvalidValueError } from '../ground/errors.ts'

/** What BuildKit's API says of a frontend and what it is asked. */
export interface AskedFrontend {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly inputs: Readonly<Record<string, Definition>>
  readonly resultOf: ResultLookup
}

/** In BuildKit's words where there is no such frontend. @throws InvalidValueError; DefinitionError */
export function parseFrontendRequest({ name, attributes, inputs, resultOf }: AskedFrontend): FrontendRequest {
  return {
    kind: 'frontend',
    image: frontendImage(name, attributes),
    attributes,
    inputs: new Map(Object.entries(inputs).map(([key, definition]) => [key, parseDefinition(definition)])),
    inputDefinitions: inputs,
    resultOf,
  }
}

/** Undefined is the built-in one: `dockerfile.v0`, and by `gateway.v0` the images that read Dockerfiles. */
function frontendImage(name: string, attributes: ReadonlyMap<string, string>): string | undefined {
  if (name === 'dockerfile.v0') return undefined
  if (name !== 'gateway.v0') throw new InvalidValueError(`invalid frontend: ${name}`, { hint: 'there are dockerfile.v0, and gateway.v0 with the attribute source=IMAGE' })
  if (attributes.has('gateway-devel')) throw new InvalidValueError('development gateway is no longer supported', { hint: 'hand the frontend in as a context: context:IMAGE=input:KEY' })
  const source = attributes.get('source')
  if (source === undefined) throw new InvalidValueError('no source specified for gateway', { hint: 'name the frontend’s image: source=IMAGE' })
  return isBuiltInFrontend(source) ? undefined : source
}
