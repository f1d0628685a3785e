import type { BuildError } from '../../ground/errors.ts'
import { formatSpan, type SourceText } from '../../ground/sourceSpan.ts'
import { DockerfileError } from '../dockerfileError.ts'
import type { DockerfileWarning } from '../dockerfileWarning.ts'
import type { CheckedDockerfile } from '../lower.ts'
import { answer, toBase64, toLocation, type SubrequestAnswer } from './subrequest.ts'

/** The answer to `frontend.lint`: its status code is 1 where there is anything to tell. */
export function answerLint(source: SourceText, { warnings, error }: CheckedDockerfile): SubrequestAnswer {
  const document = {
    warnings: warnings.map(({ rule, message, description, url, span }) => ({ ruleName: rule, description, url, detail: message, location: toLocation(span) })),
    sources: [{ filename: source.filename, data: toBase64(source), language: 'Dockerfile' }],
    ...(error !== undefined && { buildError: { message: error.message, hint: error.hint, location: locate(error) } }),
  }
  const status = warnings.length > 0 || error !== undefined ? '1' : '0'
  return new Map([...answer(document, warnings.map(formatWarning).join('')), ['result.statuscode', status]])
}

function locate(error: BuildError): object {
  return error instanceof DockerfileError ? toLocation(error.span) : {}
}

function formatWarning({ rule, message, url, span }: DockerfileWarning): string {
  return `\nWARNING: ${rule}${url === undefined ? '' : ` - ${url}`}\n${message}\n${formatSpan(span)}\n`
}
