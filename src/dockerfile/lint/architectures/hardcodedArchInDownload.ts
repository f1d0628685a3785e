import type { LintedStep, LintSubject } from '../lintSubject.ts'
import { ownRule, type Finding } from '../rule.ts'
import { architectureNamesIn, runsOn } from './architectureName.ts'
import { runScripts, tellsArchitectures } from './runScript.ts'

export const hardcodedArchInDownload = ownRule('HardcodedArchInDownload', 'what is downloaded is for the platform that is built: its URL does not name one architecture', (subject) => [
  ...runScripts(subject).flatMap(({ step, text }) => findDownloads(text, step, subject)),
  ...subject.steps.flatMap((step) => (step.instruction.kind === 'copy' && step.instruction.command === 'ADD' ? findDownloads(step.instruction.sources.join(' '), step, subject) : [])),
])

const URL_PATTERN = /\b(?:https?|ftp):\/\/[^\s'"`)>;]+/g

function findDownloads(text: string, step: LintedStep, { request }: LintSubject): readonly Finding[] {
  if (tellsArchitectures(text, step)) return []
  return [...text.matchAll(URL_PATTERN)].flatMap(([url]) => {
    const [foreign] = architectureNamesIn(url).filter(({ architecture }) => !runsOn(architecture, step.before.platform) && !runsOn(architecture, request.targetPlatform))
    if (foreign === undefined) return []
    return [{ message: `${shorten(url)} is for ${foreign.name}, whatever platform is built: put $TARGETARCH in its place, with ARG TARGETARCH before`, span: step.instruction.span }]
  })
}

/** The file's name, and where it is from. A login or a query may be secret. */
function shorten(url: string): string {
  const bare = url.replace(/[?#].*$/, '').replace(/\/\/[^/@]*@/, '//')
  const parts = bare.split('/')
  return parts.length > 4 ? `${parts.slice(0, 3).join('/')}/…/${parts.at(-1) ?? ''}` : bare
}
