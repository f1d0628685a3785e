import type { StageInstruction } from '../../instructions/instruction.ts'
import { buildkitRule } from '../rule.ts'

const SECRET = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i
const HARMLESS = /(?:_|^)(?:public|file|version)(?:_|$)/i

export const secretsUsedInArgOrEnv = buildkitRule('SecretsUsedInArgOrEnv', 'what is secret is no ARG and no ENV: whoever has the image can read them', ({ steps }) =>
  steps.flatMap(({ instruction }) =>
    namesOf(instruction)
      .filter(looksSecret)
      .map((name) => ({ message: `something secret seems to be given by ${instruction.kind.toUpperCase()}, where others can read it (${instruction.kind.toUpperCase()} ${JSON.stringify(name)}): use RUN --mount=type=secret`, span: instruction.span })),
  ),
)

/** Whether a variable of this name is likely to hold what others may not read. */
export function looksSecret(name: string): boolean {
  return SECRET.test(name) && !HARMLESS.test(name)
}

function namesOf(instruction: StageInstruction): readonly string[] {
  if (instruction.kind === 'arg') return instruction.args.map(({ name }) => name)
  return instruction.kind === 'env' ? instruction.pairs.map(({ key }) => key) : []
}
