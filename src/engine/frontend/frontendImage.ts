import { addFilesContext, findContext, type BuiltImage } from '../../dockerfile/lower/contexts/namedContext.ts'
import type { Executor } from '../../executor/executor.ts'
import { createGraphBuilder } from '../../graph/graphBuilder.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import { hostPlatform, sessionsOfFolders, type BuildOptions } from '../build/build.ts'
import { loadNamedContexts } from '../build/namedContexts.ts'
import type { DefinitionDeps } from '../llb/buildDefinition.ts'
import { plainConfig } from '../llb/plainConfig.ts'
import { checkFrontendAllowed, notAllowed } from './frontendAllowed.ts'

export interface FrontendImageDeps extends Pick<DefinitionDeps, 'resolver' | 'findImage' | 'files'> {
  readonly executor: Pick<Executor, 'platforms'>
  /** As of the engine's config: which may be run; undefined are all. */
  readonly frontendRepositories: readonly string[] | undefined
}

/**
 * The image of a frontend, for the machine's own platform; a named context may stand in its place, as in a Dockerfile's
 * FROM. Both the name and what stands in its place have to be allowed. Its layers need not be here. @throws FrontendFailedError
 */
export async function findFrontendImage(deps: FrontendImageDeps, name: string, options: BuildOptions, signal: AbortSignal): Promise<BuiltImage> {
  const { frontendRepositories } = deps
  checkFrontendAllowed(name, frontendRepositories)
  const host = hostPlatform(deps.executor)
  const written = findContext(options.attributes.namedContexts, name, host)
  if (written === undefined) return await resolveImage(deps, formatReference(parseReference(name)), options, signal)
  if (written.kind !== 'image' && frontendRepositories !== undefined) throw notAllowed(name, frontendRepositories)
  const [context = written] = (await loadNamedContexts(new Map([[name, written]]), { files: deps.files, sessionOf: sessionsOfFolders(options), progress: options.progress, inputs: options.inputs }, signal)).values()
  switch (context.kind) {
    case 'image':
      return await resolveImage(deps, context.reference, options, signal)
    case 'built':
      return context.image
    case 'local':
    case 'remote': {
      const graph = createGraphBuilder(options.judgeSource)
      const root = addFilesContext(context, sessionsOfFolders(options), graph)
      return { graph: graph.build(), root, config: plainConfig(host), layerSpans: [] }
    }
    case 'scratch':
    case 'target':
    case 'input':
      throw new InvalidValueError(`the frontend ${name} cannot be run: there is no program in its context`, { hint: 'give an image, a folder or the result of another build' })
  }
}

/**
 * A source policy of the client may have another image in the place of the one that is named. Where only some may be run
 * the registry is asked: what the store has under a name a client may have put there.
 */
async function resolveImage({ executor, resolver, findImage, frontendRepositories }: Omit<FrontendImageDeps, 'files'>, name: string, { judgeSource }: BuildOptions, signal: AbortSignal): Promise<BuiltImage> {
  const host = hostPlatform(executor)
  const { reference, manifest, config } = await (frontendRepositories === undefined ? resolver.resolveImage(name, host, signal) : findImage({ kind: 'image', reference: name, resolveMode: 'pull', layerLimit: undefined }, host, signal))
  checkFrontendAllowed(reference, frontendRepositories)
  const graph = createGraphBuilder(judgeSource)
  const root = graph.add({ op: { kind: 'source', source: { kind: 'image', reference, manifest } }, inputs: [], platform: host }, { name: `[frontend] ${reference}`, ignoreCache: false, span: undefined })
  return { graph: graph.build(), root, config, layerSpans: [] }
}
