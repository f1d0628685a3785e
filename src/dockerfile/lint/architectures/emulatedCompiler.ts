import { stepsByStage, type LintSubject } from '../lintSubject.ts'
import { ownRule, type Finding } from '../rule.ts'
import { crossCompilerOf, type CrossCompiler } from './buildTools.ts'
import { runsOn } from './architectureName.ts'
import { runScripts, type RunScript } from './runScript.ts'
import { bottomOf } from './stagePlatforms.ts'

/** Once in a stage. */
export const emulatedCompiler = ownRule('EmulatedCompiler', 'a compiler that can make programs for other platforms runs on the build platform, and is not emulated', (subject) => {
  const scripts = runScripts(subject)
  return stepsByStage(subject).flatMap(({ steps }) => findEmulated(scripts.filter(({ step }) => steps.includes(step)), subject).slice(0, 1))
})

function findEmulated(scripts: readonly RunScript[], subject: LintSubject): readonly Finding[] {
  return scripts.flatMap(({ step, commands }) => {
    if (runsOn(step.before.platform.architecture, subject.request.buildPlatform)) return []
    // What the image itself keeps, such as node_modules, need not be the same for all.
    const isResult = step.stage.index === subject.target?.index
    return commands.flatMap((command) => {
      const compiler = crossCompilerOf(command, step.before.env)
      return compiler === undefined || (compiler.isPortable && isResult) ? [] : [{ message: describe(compiler, step, subject), span: step.instruction.span }]
    })
  })
}

function describe({ name, remedy, isPortable }: CrossCompiler, { stage }: RunScript['step'], subject: LintSubject): string {
  const { base, stageName } = bottomOf(stage, subject).from
  const from = `FROM --platform=$BUILDPLATFORM ${base}${stageName === '' ? '' : ` AS ${stageName}`}`
  const isResult = stage.index === subject.target?.index
  const where = isResult ? `in a stage of its own, from which the image copies what it made, ${from}` : from
  return `${name} is emulated for platforms that are not this machine's, which takes many times as long${isPortable ? `, and ${remedy}` : ''}: write ${where}${isPortable ? '' : `, ${remedy}`}`
}
