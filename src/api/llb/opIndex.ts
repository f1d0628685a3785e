import { DefinitionError } from './clientGraph.ts'

/** Which input an op means; undefined is none. @throws DefinitionError where there is no such input */
export function inputIndex(index: bigint, inputCount: number, where: string): number | undefined {
  if (index === -1n) return undefined
  if (index < 0n || index >= BigInt(inputCount)) throw new DefinitionError(`invalid input index ${index} in ${where} with ${inputCount} inputs`)
  return Number(index)
}
