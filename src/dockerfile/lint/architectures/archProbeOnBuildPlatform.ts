import type { LintedStep, LintSubject } from '../lintSubject.ts'
import { ownRule } from '../rule.ts'
import { runScripts, type RunScript } from './runScript.ts'
import { isBuildTool } from './buildTools.ts'

export const archProbeOnBuildPlatform = ownRule(
  'ArchProbeOnBuildPlatform',
  'a stage that runs on the build platform asks the arguments for what it works, not the machine',
  (subject) => {
    const scripts = runScripts(subject)
    return scripts.flatMap((script) => {
      const { step, text } = script
      const isCross = step.before.platform.architecture !== subject.request.targetPlatform.architecture
      const probe = PROBE.exec(text)?.[0]
      if (!isCross || probe === undefined || /\$\{?TARGET/.test(text) || !isForTheTarget(script, scripts, subject)) return []
      return [{ message: `${probe} tells what the build runs on, and the stage works for the platform that is built: use $TARGETARCH, with ARG TARGETARCH before`, span: step.instruction.span }]
    })
  },
)

const PROBE = /\buname\s+-[mp]\b|\bdpkg\s+--print-architecture\b|\bapk\s+--print-arch\b/

/** It sets what is compiled for; or its stage only fetches, and a stage of the target takes what it fetched. A tool of the build is right as it is. */
function isForTheTarget({ step, commands }: RunScript, scripts: readonly RunScript[], subject: LintSubject): boolean {
  if (commands.some(({ assignments }) => PROBE.test(assignments.get('GOARCH') ?? ''))) return true
  const isBuilding = scripts.some((other) => other.step.stage.index === step.stage.index && other.commands.some(isBuildTool))
  return !isBuilding && subject.steps.some((other) => takesFrom(other, step) && other.before.platform.architecture === subject.request.targetPlatform.architecture)
}

function takesFrom({ instruction, source }: LintedStep, { stage }: LintedStep): boolean {
  return instruction.kind === 'copy' && source.kind === 'stage' && source.index === stage.index
}
