import { hashSync } from 'bcryptjs'
import { homedir } from 'node:os'
import type { HclFunction } from '../../project/bake/hcl/evaluate/scope.ts'
import { createStandardLibrary } from '../../project/bake/hcl/functions/standardLibrary.ts'

/** The functions of bake files, with the clock, the random numbers and the user of this machine. */
export function createFunctionLibrary(): ReadonlyMap<string, HclFunction> {
  return createStandardLibrary({ now: () => new Date(), randomUuid: () => crypto.randomUUID(), homeFolder: homedir, bcrypt: (password, cost) => hashSync(password, cost) })
}
