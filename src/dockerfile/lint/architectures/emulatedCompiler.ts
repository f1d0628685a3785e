import type { PlannedStage } from '../../lower/plan.ts'
import { stepsByStage, type LintedStep, type LintSubject } from '../lintSubject.ts'
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
    return commands.flatMap((command) => {
      const compiler = crossCompilerOf(command, step.before.env)
      return compiler === undefined || isBoundToItsPlace(compiler, step, subject) ? [] : [{ message: describe(compiler, step, subject), span: step.instruction.span }]
    })
  })
}

/**
 * Whether a compiler is right where it runs. It puts a tool into the image itself; or the image keeps more than what it
 * makes: packages of the language, as node_modules, may have parts for one platform.
 */
function isBoundToItsPlace({ name, output }: CrossCompiler, { stage }: LintedStep, subject: LintSubject): boolean {
  if (stage.index === subject.target?.index) return output !== 'programs' || name.endsWith(' install')
  if (output !== 'portable-with-packages') return false
  const own = bottomOf(stage, subject)
  const takers = subject.steps.filter(({ source, instruction }) => instruction.kind === 'copy' && source.kind === 'stage' && source.index === stage.index)
  return takers.some((taker) => {
    const bottom = bottomOf(taker.stage, subject)
    return bottom === own || imageName(bottom) === imageName(own) || /\b(?:node|bun|deno)/.test(imageName(bottom))
  })
}

/** `docker.io/library/node` */
function imageName({ base, from }: PlannedStage): string {
  return base.kind === 'image' ? base.reference.replace(/[:@][^/]*$/, '') : from.base
}

function describe({ name, remedy, output }: CrossCompiler, { stage }: RunScript['step'], subject: LintSubject): string {
  const { base, stageName } = bottomOf(stage, subject).from
  const from = `FROM --platform=$BUILDPLATFORM ${base}${stageName === '' ? '' : ` AS ${stageName}`}`
  const isPortable = output !== 'programs'
  const isResult = stage.index === subject.target?.index
  const where = isResult ? `in a stage of its own, from which the image copies what it made, ${from}` : from
  return `${name} is emulated for platforms that are not this machine's, which takes many times as long${isPortable ? `, and ${remedy}` : ''}: write ${where}${isPortable ? '' : `, ${remedy}`}`
}
