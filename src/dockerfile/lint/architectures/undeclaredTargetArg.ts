import { ownRule } from '../rule.ts'
import { runScripts, type RunScript } from './runScript.ts'

/** Where the builder replaces variables, UndefinedVar tells of it; here it is the shell, which says nothing. */
export const undeclaredTargetArg = ownRule('UndeclaredTargetArg', 'an argument of the platform is declared by ARG in the stage that uses it: else it is empty', (subject) =>
  runScripts(subject).flatMap((script) =>
    undeclaredIn(script).map((name) => ({ message: `$${name} is empty here: declare it by ARG ${name} in this stage, before the RUN`, span: script.step.instruction.span })),
  ),
)

const PLATFORM_ARG = /\$(?:\{(?<braced>(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT))(?![A-Za-z0-9_]|:?[-+=?])|(?<bare>(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT))(?![A-Za-z0-9_]))/g

function undeclaredIn({ text, commands, step: { before } }: RunScript): readonly string[] {
  const used = [...withoutSingleQuoted(text).matchAll(PLATFORM_ARG)].flatMap(({ groups }) => groups?.['braced'] ?? groups?.['bare'] ?? [])
  const isSet = (name: string): boolean => before.env.has(name) || commands.some(({ assignments, words }) => assignments.has(name) || (words[0] === 'read' && words.includes(name)))
  // One without a value, such as TARGETVARIANT of amd64, is declared all the same.
  return [...new Set(used)].filter((name) => !isSet(name) && !before.buildArgs.has(name))
}

/** What stands in single quotes is text to the shell. */
function withoutSingleQuoted(script: string): string {
  return script.replace(/\\[^]|"(?:\\[^]|[^"\\])*"|'[^']*'/g, (part) => (part.startsWith("'") ? "''" : part))
}
