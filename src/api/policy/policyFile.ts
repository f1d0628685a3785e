import { fromJsonString } from '@bufbuild/protobuf'
import { InvalidValueError } from '../../ground/errors.ts'
import { PolicySchema, type Policy } from '../gen/sourcepolicy_pb.ts'

/** A source policy as BuildKit's clients read it from a file of JSON. What is not known in it is an error: it may be meant to forbid something. @throws InvalidValueError */
export function parsePolicyFile(text: string, path: string): Policy {
  try {
    return fromJsonString(PolicySchema, text)
  } catch (error) {
    throw new InvalidValueError(`${path} is no source policy: ${error instanceof Error ? error.message : String(error)}`, { hint: 'write {"rules": [{"action": "DENY", "selector": {"identifier": "docker-image://*"}}]}', cause: error })
  }
}
