import type { SourceSpan } from '../../../ground/sourceSpan.ts'
import { stepsByStage, type LintedStep, type LintSubject } from '../lintSubject.ts'
import { ownRule, type Finding } from '../rule.ts'
import type { ShellCommand } from '../shellCommands.ts'
import { architectureNamesIn } from './architectureName.ts'
import { runScripts, tellsArchitectures, type RunScript } from './runScript.ts'

export const hardcodedTargetArch = ownRule('HardcodedTargetArch', 'a compiler makes programs for the platform that is built, and not for one that the Dockerfile names', (subject) => {
  const scripts = runScripts(subject)
  return stepsByStage(subject).flatMap(({ steps }) => {
    const own = scripts.filter(({ step }) => steps.includes(step))
    return findForeign([...steps.flatMap(choicesOfEnv), ...own.flatMap(choicesOfScript)], subject)
  })
})

/** A place that says for which architecture is compiled. */
interface Choice {
  /** `GOARCH=amd64` */
  readonly written: string
  readonly architecture: string
  readonly remedy: string
  readonly span: SourceSpan
}

const VARIABLES: ReadonlyMap<string, string> = new Map([
  ['GOARCH', 'write GOARCH=$TARGETARCH, with ARG TARGETARCH before'],
  ['CARGO_BUILD_TARGET', 'choose the target triple by $TARGETARCH'],
  ['npm_config_arch', 'leave it out, or write it by $TARGETARCH'],
  ['npm_config_target_arch', 'leave it out, or write it by $TARGETARCH'],
])

const GO_ARCHITECTURES: ReadonlySet<string> = new Set(['amd64', 'arm64', 'arm', '386', 'ppc64le', 's390x', 'riscv64', 'loong64', 'mips64le'])

function choiceOfVariable(name: string, value: string, span: SourceSpan): readonly Choice[] {
  const remedy = VARIABLES.get(name)
  const architecture = name === 'GOARCH' && GO_ARCHITECTURES.has(value) ? value : architectureNamesIn(value)[0]?.architecture
  return remedy === undefined || architecture === undefined ? [] : [{ written: `${name}=${value}`, architecture, remedy, span }]
}

function choicesOfEnv(step: LintedStep): readonly Choice[] {
  const { instruction } = step
  if (instruction.kind !== 'env') return []
  const text = instruction.pairs.map(({ value }) => value).join(' ')
  return tellsArchitectures(text, step) ? [] : instruction.pairs.flatMap(({ key, value }) => choiceOfVariable(key, value, instruction.span))
}

function choicesOfScript({ step, text, commands }: RunScript): readonly Choice[] {
  if (tellsArchitectures(text, step)) return []
  return commands.flatMap((command) => [...[...command.assignments].flatMap(([name, value]) => choiceOfVariable(name, value, step.instruction.span)), ...choiceOfFlag(command, step.instruction.span)])
}

interface TargetFlag {
  readonly program: string
  readonly flag: RegExp
  readonly remedy: string
}

const FLAGS: readonly TargetFlag[] = [
  { program: 'cargo', flag: /^--target$/, remedy: 'choose the target triple by $TARGETARCH' },
  { program: 'dotnet', flag: /^(?:-r|--runtime|-a|--arch)$/, remedy: 'write -a $TARGETARCH, with ARG TARGETARCH before' },
  { program: 'zig', flag: /^-D?target$/, remedy: 'choose the target by $TARGETARCH' },
]

function choiceOfFlag({ words: [program = '', ...args] }: ShellCommand, span: SourceSpan): readonly Choice[] {
  const known = FLAGS.find((flag) => flag.program === program)
  if (known === undefined) return []
  return args.flatMap((word, index) => {
    const [name = '', joined] = word.split(/=(.*)/s)
    if (!known.flag.test(name)) return []
    const value = joined ?? args[index + 1] ?? ''
    const [found] = architectureNamesIn(value)
    return found === undefined ? [] : [{ written: `${program} … ${name}${joined === undefined ? ' ' : '='}${value}`, architecture: found.architecture, remedy: known.remedy, span }]
  })
}

/** A stage that compiles for several architectures knows what it does. */
function findForeign(choices: readonly Choice[], { request }: LintSubject): readonly Finding[] {
  if (new Set(choices.map(({ architecture }) => architecture)).size !== 1) return []
  return choices
    .filter(({ architecture }) => architecture !== request.targetPlatform.architecture)
    .map(({ written, architecture, remedy, span }) => ({ message: `${written} compiles for ${architecture}, whatever platform is built: ${remedy}`, span }))
}
