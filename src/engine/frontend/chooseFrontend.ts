import { withSpan } from '../../api/errorMapping.ts'
import { GrpcStatusError } from '../../api/grpc/status.ts'
import { located } from '../../dockerfile/dockerfileError.ts'
import { foreignFrontend, type RequestedFrontend } from '../../dockerfile/frontendImage.ts'
import { PLAN_REQUEST } from '../../dockerfile/subrequests/subrequest.ts'
import { BuildError } from '../../ground/errors.ts'
import { loadUndated, type BuildOptions, type UndatedText } from '../build/build.ts'
import type { BuildDeps } from '../build/buildDeps.ts'
import type { FrontendRequest } from '../engine.ts'
import { FrontendFailedError } from './frontendFailedError.ts'

export type ChosenFrontend =
  | { readonly kind: 'built-in'; readonly text: UndatedText }
  /** `locate` says of an error where the image is named, where it has no place of its own. */
  | { readonly kind: 'image'; readonly image: string; readonly request: FrontendRequest; readonly locate: (error: unknown) => unknown }

/** The image that the request names, or the Dockerfile that it leads to; else the built-in one. What another frontend hands on (`cmdline`) is for the built-in one. */
export async function chooseFrontend(deps: BuildDeps, request: FrontendRequest, options: BuildOptions, signal: AbortSignal): Promise<ChosenFrontend> {
  if (request.image !== undefined) return { kind: 'image', image: request.image, request, locate: (error) => error }
  const text = await loadUndated(deps, options, signal)
  const { buildArgs, requestId } = options.attributes
  const isDecided = request.attributes.has('cmdline') || requestId === PLAN_REQUEST.name // a plan is of the engine's own making
  const foreign = isDecided ? undefined : foreignFrontend(text.source, buildArgs)
  if (foreign === undefined) return { kind: 'built-in', text }
  const { image, written } = foreign
  const attributes = new Map([...request.attributes, ['cmdline', written], ['source', image]])
  return { kind: 'image', image, request: { ...request, image, attributes }, locate: (error) => locate(error, foreign) }
}

function locate(error: unknown, { span, written }: RequestedFrontend): unknown {
  if (error instanceof GrpcStatusError) return span === undefined ? error : new GrpcStatusError(withSpan(error.status, span))
  if (!(error instanceof BuildError)) return error
  return span === undefined ? new FrontendFailedError(`failed with build-arg:BUILDKIT_SYNTAX = ${written}`, { hint: error.hint, cause: error, kind: error.kind }) : located(error, span)
}
