import { InvalidValueError } from '../ground/errors.ts'
import type { SourceSpan, SourceText } from '../ground/sourceSpan.ts'
import { detectSyntax } from './directives.ts'
import { DockerfileError } from './dockerfileError.ts'
import { trim } from './words/whitespace.ts'

/** The Dockerfile frontend that is asked for: by the build argument BUILDKIT_SYNTAX, else by `# syntax=…`. */
export interface RequestedFrontend {
  readonly image: string
  /** What was written, with all that stands behind the image. */
  readonly written: string
  /** Of the directive; undefined where the build argument says it. */
  readonly span: SourceSpan | undefined
}

export function requestedFrontend(source: SourceText, buildArgs: ReadonlyMap<string, string>): RequestedFrontend | undefined {
  const given = buildArgs.get('BUILDKIT_SYNTAX')
  const directive = given === undefined ? detectSyntax(source) : { value: trim(given), span: undefined }
  if (directive === undefined || directive.value === '') return undefined
  return { image: directive.value.replace(/ .*$/s, ''), written: directive.value, span: directive.span }
}

const OFFICIAL = /^(?:(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@].*)?|dockerfile\.v0)$/

/** Whether `image` is a frontend for Dockerfiles, for which the built-in one stands. */
export function isBuiltInFrontend(image: string): boolean {
  return OFFICIAL.test(image)
}

/** The frontend that is asked for, where it is an image that has to be run. */
export function foreignFrontend(source: SourceText, buildArgs: ReadonlyMap<string, string>): RequestedFrontend | undefined {
  const requested = requestedFrontend(source, buildArgs)
  return requested === undefined || isBuiltInFrontend(requested.image) ? undefined : requested
}

/** For what only the built-in frontend can tell. @throws DockerfileError; InvalidValueError */
export function refuseForeignFrontend(source: SourceText, buildArgs: ReadonlyMap<string, string>): void {
  const requested = foreignFrontend(source, buildArgs)
  if (requested === undefined) return
  const message = `a plan cannot tell what the frontend ${requested.image} would do`
  const hint = 'plans are made of Dockerfiles that docker/dockerfile reads: build it instead'
  if (requested.span === undefined) throw new InvalidValueError(`BUILDKIT_SYNTAX: ${message}`, { hint })
  throw new DockerfileError(message, requested.span, { hint })
}

/** `[1, 20]` of `docker/dockerfile:1.20-labs`; undefined where the tag names no minor version. */
export function frontendVersion(image: string): readonly [major: number, minor: number] | undefined {
  const [, major, minor] = /:(\d+)\.(\d+)(?:[.-][^/]*)?(?:@.*)?$/.exec(image) ?? []
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)]
}
