import { hasWildcard } from '../../../ground/pathMatch.ts'
import { redactUrls } from '../../../ground/urlText.ts'
import type { CopyAction, Output } from '../../../graph/vertex.ts'
import { at, DockerfileError } from '../../dockerfileError.ts'
import type { CopyInstruction } from '../../instructions/instruction.ts'
import { expand } from '../../words/expand.ts'
import { textOfHeredoc } from '../../heredoc.ts'
import { resolvePath } from '../../../ground/posixPath.ts'
import type { Heredoc } from '../../syntaxTree.ts'
import { addInlineFile } from './inlineFile.ts'
import type { PlannedStep } from '../plan.ts'
import { remoteKind, remoteSource } from './remoteSource.ts'
import type { StageContext, StageState } from '../stageState.ts'

/** One source of a COPY or ADD: where its files are, and what is special in copying them. */
export interface CopySource {
  /** Undefined where there are no files. */
  readonly from: Output | undefined
  readonly action: Pick<CopyAction, 'source' | 'includePatterns' | 'requiredPaths' | 'followSymlinks' | 'copyFolderContents' | 'unpackArchives' | 'allowWildcard' | 'allowEmptyWildcard'>
}

/** `text` is the source with its variables replaced. @throws DockerfileError */
export function lowerSource(text: string, instruction: CopyInstruction, step: PlannedStep, context: StageContext): CopySource {
  const { command, span, unpack } = instruction
  const kind = at(span, () => remoteKind(text))
  if (kind === undefined) {
    const action = { ...partOf(text, instruction), followSymlinks: true, copyFolderContents: true, unpackArchives: unpack ?? command === 'ADD', allowWildcard: true, allowEmptyWildcard: true }
    return { from: context.sourceRoot(step.source, span), action }
  }
  if (command === 'COPY') throw new DockerfileError(`source can't be a ${kind} for COPY`, span, { hint: 'write ADD' })
  const remote = at(span, () => remoteSource(text, instruction))
  const note = { name: redactUrls(text), ignoreCache: false, span }
  const from = context.graph.add({ op: { kind: 'source', source: remote.source }, inputs: [], platform: undefined }, note)
  const isGit = remote.source.kind === 'git'
  const action = { source: remote.path, includePatterns: [], requiredPaths: [], followSymlinks: isGit, copyFolderContents: isGit, unpackArchives: !isGit && unpack === true, allowWildcard: false, allowEmptyWildcard: false }
  return { from, action }
}

/** What of the source's file system is copied. With `--parents` that is what a pattern takes of the folder before `/./`, of the root where there is none. */
function partOf(source: string, { keepsParents }: CopyInstruction): Pick<CopyAction, 'source' | 'includePatterns' | 'requiredPaths'> {
  if (!keepsParents) return { source: resolvePath('/', source), includePatterns: [], requiredPaths: [] }
  const pivot = source.indexOf('/./')
  const folder = resolvePath('/', pivot < 0 ? '' : source.slice(0, pivot))
  const pattern = resolvePath('/', pivot < 0 ? source : source.slice(pivot + 2)).slice(1)
  const path = resolvePath(folder, pattern)
  return { source: folder, includePatterns: pattern === '' ? [] : [pattern], requiredPaths: hasWildcard(path) ? [] : [path] }
}

/** A file that is written in the Dockerfile. @throws DockerfileError */
export function lowerHeredoc(heredoc: Heredoc, state: StageState, { span }: CopyInstruction, context: StageContext): CopySource {
  const text = textOfHeredoc(heredoc)
  const written = heredoc.isExpanded ? at(span, () => expand(text, state.env, { escape: '\\', ignoreQuotes: true }).text) : text
  const name = heredoc.terminator
  const from = addInlineFile({ name, mode: 0o644, text: written }, context)
  return { from, action: { source: `/${name}`, includePatterns: [], requiredPaths: [], followSymlinks: false, copyFolderContents: false, unpackArchives: false, allowWildcard: false, allowEmptyWildcard: false } }
}

/** @throws DockerfileError where `--checksum` stands with what has none */
export function checkChecksum(checksum: string | undefined, sources: readonly string[], { span }: CopyInstruction): void {
  if (checksum === undefined || checksum === '') return
  if (sources.length !== 1) throw new DockerfileError("checksum can't be specified for multiple sources", span, { hint: 'write one ADD for each' })
  if (sources.some((source) => at(span, () => remoteKind(source)) === undefined)) throw new DockerfileError('checksum requires HTTP(S) or Git sources', span, { hint: 'leave out --checksum: what is copied from the context is found again by its content' })
}
