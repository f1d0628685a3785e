import type { LintedStep } from '../../../dockerfile/lint/lintSubject.ts'
import type { RunScript } from '../../../dockerfile/lint/architectures/runScript.ts'
import { stepsByStage } from '../../../dockerfile/lint/lintSubject.ts'
import type { PlanEdit } from '../buildPlan.ts'
import { dependencyInstallOf } from './dependencyInstall.ts'
import type { EditRule, EditSubject } from './editSubject.ts'

/** All files are copied before dependencies are installed, which therefore are installed anew whenever any file changes. */
export const copyBeforeInstall: EditRule = (subject) => stepsByStage(subject.dockerfile).flatMap(({ steps }) => findIn(steps, subject))

function findIn(steps: readonly LintedStep[], subject: EditSubject): readonly PlanEdit[] {
  const copyAt = steps.findIndex(copiesAll)
  const copy = steps[copyAt]
  if (copy === undefined || subject.context === undefined) return []
  const before = steps.slice(0, copyAt)
  const after = new Set(steps.slice(copyAt + 1))
  const install = subject.scripts.find(({ step }) => after.has(step) && installOf(step, subject) !== undefined)
  const found = install === undefined ? undefined : installOf(install.step, subject)
  const reads = found?.reads(subject.context)
  if (install === undefined || found === undefined || reads === undefined || before.some((step) => copiesAny(step, reads))) return []
  const { startLine, endLine, source } = copy.instruction.span
  const { nativeMs, emulatedMs } = subject.timeOf(install.step.instruction.span)
  const lines = source.text.split('\n').slice(startLine - 1, endLine)
  const run = source.text.split('\n').slice(install.step.instruction.span.startLine - 1, install.step.instruction.span.endLine)
  return [{
    id: 'copy-before-install',
    message: `${found.name} in line ${install.step.instruction.span.startLine} runs anew whenever any file changes: copy what it reads first, and the rest behind it`,
    lines: { startLine, endLine },
    instead: [`COPY ${reads.join(' ')} ./`, ...run, ...lines].join('\n'),
    savesMs: nativeMs + emulatedMs > 0 ? nativeMs + emulatedMs : undefined,
  }]
}

/** `COPY . .`, to where the commands then run. */
function copiesAll({ instruction, source, before, isTrigger }: LintedStep): boolean {
  if (instruction.kind !== 'copy' || source.kind !== 'context' || isTrigger || instruction.heredocs.length > 0) return false
  const [only, ...others] = instruction.sources
  return others.length === 0 && ['.', './'].includes(only ?? '') && ['.', './', before.image.container.workingDir ?? '/'].includes(instruction.target)
}

function copiesAny({ instruction, source }: LintedStep, names: readonly string[]): boolean {
  return instruction.kind === 'copy' && source.kind === 'context' && instruction.sources.some((path) => names.some((name) => path.replace(/^\.\//, '').startsWith(name.slice(0, 3)) || path.includes('*')))
}

/** Where the script is that alone: what else it does may need the files. */
function installOf(step: LintedStep, { scripts }: EditSubject): ReturnType<typeof dependencyInstallOf> {
  const commands = scripts.find((script: RunScript) => script.step === step)?.commands ?? []
  const [first, ...others] = commands.filter(({ words }) => words.length > 0)
  return first === undefined || others.some(({ words }) => !isCleanup(words)) ? undefined : dependencyInstallOf(first)
}

function isCleanup(words: readonly string[]): boolean {
  return words[0] === 'rm' || words.slice(0, 3).join(' ') === 'npm cache clean' || words.slice(0, 3).join(' ') === 'yarn cache clean'
}
