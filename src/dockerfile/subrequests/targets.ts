import type { SourceText } from '../../ground/sourceSpan.ts'
import { parseDockerfile } from '../dockerfile.ts'
import { describedBy } from './describedBy.ts'
import { answer, formatColumns, toBase64, toLocation, type SubrequestAnswer } from './subrequest.ts'

/** The answer to `frontend.targets`: the stages, with what is written of them. @throws DockerfileError */
export function answerTargets(source: SourceText): SubrequestAnswer {
  const dockerfile = parseDockerfile(source)
  const targets = dockerfile.stages.map(({ from, index }) => ({
    name: from.stageName === '' ? undefined : from.stageName,
    default: index === dockerfile.stages.length - 1 ? (true as const) : undefined,
    description: describedBy(dockerfile, from.span, from.stageName),
    base: from.base,
    platform: from.platform,
    location: toLocation(from.span),
  }))
  const rows = targets.map((target) => [nameOf(target), target.description ?? ''])
  return answer({ targets, sources: [toBase64(source)] }, formatColumns([['TARGET', 'DESCRIPTION'], ...rows], 1))
}

function nameOf(target: { readonly name: string | undefined; readonly default: true | undefined }): string {
  if (target.default === undefined) return target.name ?? ''
  return target.name === undefined ? '(default)' : `${target.name} (default)`
}
