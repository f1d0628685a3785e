import { ownRule, type Finding } from '../rule.ts'
import type { LintSubject } from '../lintSubject.ts'
import type { ShellCommand } from '../shellCommands.ts'
import { architectureNamesIn, runsOn, type ArchitectureName } from './architectureName.ts'
import { runScripts, tellsArchitectures, type RunScript } from './runScript.ts'
import { bottomOf, isForTarget } from './stagePlatforms.ts'

/** Packages of another architecture in a stage of the build platform are there to be linked with. */
export const singleArchPackage = ownRule('SingleArchPackage', 'packages are of the platform that is built, and not of one architecture that the Dockerfile names', (subject) =>
  runScripts(subject).flatMap((script) => (isForTarget(bottomOf(script.step.stage, subject).from) ? findPackages(script, subject) : [])),
)

function findPackages({ step, text, commands }: RunScript, { request }: LintSubject): readonly Finding[] {
  if (tellsArchitectures(text, step)) return []
  const named = [...commands.flatMap(namedByCommand), ...namedBySource(text)]
  const foreign = named.filter(({ architecture }) => !runsOn(architecture, request.targetPlatform))
  return foreign.map(({ written, name }) => ({ message: `${written} is for ${name}, whatever platform is built: leave the architecture out, or choose it by $TARGETARCH`, span: step.instruction.span }))
}

interface NamedPackage extends ArchitectureName {
  readonly written: string
}

function namedByCommand({ words: [program = '', ...args] }: ShellCommand): readonly NamedPackage[] {
  const words = args.filter((word) => !word.includes('://') && !word.includes('$'))
  switch (program.replace(/^.*\//, '')) {
    case 'apt-get':
    case 'apt':
      return words.flatMap((word) => withName(/^[a-z0-9][a-z0-9.+-]*:([a-z0-9]+)$|_([a-z0-9]+)\.deb$/.exec(word), word))
    case 'dpkg':
      return [...words.flatMap((word) => withName(/_([a-z0-9]+)\.deb$/.exec(word), word)), ...afterFlag(words, '--add-architecture', 'dpkg')]
    case 'rpm':
    case 'yum':
    case 'dnf':
    case 'microdnf':
      return words.flatMap((word) => withName(/\.([a-z0-9_]+)(?:\.rpm)?$/.exec(word), word))
    case 'apk':
      return afterFlag(words, '--arch', 'apk')
    default:
      return []
  }
}

function withName(match: RegExpExecArray | null, written: string): readonly NamedPackage[] {
  const [found] = architectureNamesIn(match?.[1] ?? match?.[2] ?? '')
  return found === undefined ? [] : [{ ...found, written }]
}

function afterFlag(words: readonly string[], flag: string, program: string): readonly NamedPackage[] {
  return words.flatMap((word, index) => {
    const value = word === flag ? (words[index + 1] ?? '') : word.startsWith(`${flag}=`) ? word.slice(flag.length + 1) : ''
    const [found] = architectureNamesIn(value)
    return found === undefined ? [] : [{ ...found, written: `${program} ${flag} ${value}` }]
  })
}

/** `deb [arch=amd64] https://…` */
function namedBySource(text: string): readonly NamedPackage[] {
  return [...text.matchAll(/\bdeb \[[^\]]*?\b(arch=([a-z0-9]+))/g)].flatMap(([, written = '', name = '']) => architectureNamesIn(name).map((found) => ({ ...found, written })))
}
