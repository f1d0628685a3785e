import type { LintedStep, LintSubject } from '../lintSubject.ts'
import { readShellCommands, type ShellCommand } from '../shellCommands.ts'
import { architectureNamesIn } from './architectureName.ts'

/** A RUN as its shell sees it, heredocs included. */
export interface RunScript {
  readonly step: LintedStep
  readonly text: string
  readonly commands: readonly ShellCommand[]
}

export function runScripts({ steps }: LintSubject): readonly RunScript[] {
  return steps.flatMap((step) => {
    if (step.instruction.kind !== 'run') return []
    const { words, isShell } = step.instruction.command
    const script = isShell ? words.join(' ') : shellArgument(words)
    if (script === undefined) return [{ step, text: words.join(' '), commands: [{ assignments: new Map<string, string>(), words }] }]
    return [{ step, text: script, commands: readShellCommands(script) }]
  })
}

/** Of `["sh", "-c", "script"]`. */
function shellArgument(words: readonly string[]): string | undefined {
  const [program = '', flag = '', script] = words
  return /(?:^|\/)(?:ba|da|a|z|k)?sh$/.test(program) && /^-\w*c$/.test(flag) ? script : undefined
}

const ASKS_PLATFORM = /\$\{?(?:TARGET|BUILD)(?:ARCH|PLATFORM|VARIANT)\b|\buname\s+-\w*[ampi]|\bdpkg\s+--print-(?:foreign-)?architectures?\b|\bdpkg-architecture\b|\bapk\s+--print-arch\b|\$\(\s*arch\s*\)|`arch`|%\{?_?(?:arch|ARCH)\}?|process\.arch|platform\.machine|\bgo\s+env\s+GO(?:HOST)?ARCH\b|\bxx-(?:info|apk|apt|go|cargo)\b/

/** Whether a script finds out what it is for, by the build's arguments or by asking the machine. */
export function asksPlatform(text: string): boolean {
  return ASKS_PLATFORM.test(text)
}

/**
 * Whether a step is meant for one architecture, or tells them apart: its script asks for the platform or names several
 * architectures, or its stage is named after one.
 */
export function tellsArchitectures(text: string, { stage: { from } }: LintedStep): boolean {
  return asksPlatform(text) || new Set(architectureNamesIn(text).map(({ architecture }) => architecture)).size > 1 || isNamedAfterArchitecture(from.stageName)
}

function isNamedAfterArchitecture(stageName: string): boolean {
  return architectureNamesIn(stageName.replaceAll('_', '-')).length > 0 || /(?:^|[-.])(?:arm|x86|386)(?:$|[-.])/.test(stageName)
}
