import type { SourceSpan, SourceText } from '../ground/sourceSpan.ts'
import { DockerfileError } from './dockerfileError.ts'
import type { EscapeCharacter } from './words/expand.ts'
import type { ArgInstruction, FromInstruction, StageInstruction } from './instructions/instruction.ts'
import { parseInstruction } from './instructions/parseInstruction.ts'
import { parseLine, parseSyntax } from './parser.ts'
import type { InstructionNode, SyntaxTree } from './syntaxTree.ts'

/** A Dockerfile, read: stages and their instructions, variables not yet expanded. */
export interface Dockerfile {
  readonly source: SourceText
  readonly escape: EscapeCharacter
  /** Those before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[]
  /** At least one. */
  readonly stages: readonly Stage[]
  /** What it was read from. */
  readonly tree: SyntaxTree
}

export interface Stage {
  /** From 0. */
  readonly index: number
  readonly from: FromInstruction
  readonly instructions: readonly StageInstruction[]
}

/** @throws DockerfileError */
export function parseDockerfile(source: SourceText): Dockerfile {
  const tree = parseSyntax(source)
  const globalArgs: ArgInstruction[] = []
  const stages: { from: FromInstruction; instructions: StageInstruction[] }[] = []
  for (const node of tree.instructions) {
    const instruction = parseInstruction(node)
    const stage = stages.at(-1)
    if (instruction.kind === 'from') stages.push({ from: instruction, instructions: [] })
    else if (stage !== undefined) stage.instructions.push(instruction)
    else if (instruction.kind === 'arg') globalArgs.push(instruction)
    else throw new DockerfileError('no build stage in current context', node.span, { hint: 'put FROM before it: only ARG may come first' })
  }
  const lastLine = tree.instructions.at(-1)?.span
  if (stages.length === 0 && lastLine !== undefined) throw new DockerfileError('dockerfile contains no stages to build', lastLine, { hint: 'add FROM' })
  return { source, escape: tree.escape, globalArgs, stages: stages.map((stage, index) => ({ index, ...stage })), tree }
}

/**
 * What an ONBUILD of the base image asks for. Errors point to `span`, the FROM that brings it.
 * @throws DockerfileError
 */
export function parseTrigger(trigger: string, span: SourceSpan): StageInstruction {
  try {
    const instruction = parseInstruction(onlyInstruction(trigger, span))
    if (instruction.kind === 'from') throw new DockerfileError("FROM isn't allowed as an ONBUILD trigger", span)
    return instruction
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error
    throw new DockerfileError(`the base image has ONBUILD ${trigger}: ${error.message}`, span, { hint: error.hint, cause: error })
  }
}

/** With the place of the FROM, so that this is what its errors and steps show. */
function onlyInstruction(text: string, span: SourceSpan): InstructionNode {
  const { instructions, escape } = parseSyntax({ filename: span.source.filename, text })
  const [node] = instructions
  if (node === undefined || instructions.length > 1) throw new DockerfileError('onbuild trigger should be a single expression', span)
  return parseLine({ text: node.text, heredocs: node.heredocs, comments: [], span }, escape)
}
