import type { SourceOp, Vertex } from '../graph/vertex.ts'
import type { Op } from '../solver/op.ts'
import { createDiffOp } from './diffOp.ts'
import { createExecOp, type ExecDeps } from './execOp.ts'
import { createFileOp, type FileDeps } from './fileOp.ts'
import { createImageSource, type ImageSourceDeps } from './imageSource.ts'
import { createLocalSource, type LocalSourceDeps } from './localSource.ts'
import { createMergeOp } from './mergeOp.ts'
import type { GitSources } from './remote/git/gitSource.ts'
import type { HttpFiles } from './remote/httpFiles.ts'
import { createHttpSource } from './remote/httpSource.ts'
import { createImageBlobSource, type ImageBlobDeps } from './remote/imageBlobSource.ts'

/** All that ops work with; `engine` fills it in. */
export interface OpsDeps extends ExecDeps, FileDeps, ImageSourceDeps, Omit<ImageBlobDeps, 'hasher' | 'snapshots'>, Omit<LocalSourceDeps, 'hasher'> {
  readonly httpFiles: Pick<HttpFiles, 'fetch'>
  readonly gitSources: Pick<GitSources, 'create'>
}

/** What each kind of vertex does. */
export function createOps(deps: OpsDeps): (vertex: Vertex) => Op {
  return (vertex) => {
    const { op } = vertex
    switch (op.kind) {
      case 'source':
        return createSource(op, vertex, deps)
      case 'exec':
        return createExecOp(op, vertex, deps)
      case 'file':
        return createFileOp(op, vertex, deps)
      case 'merge':
        return createMergeOp(vertex, deps)
      case 'diff':
        return createDiffOp(op, vertex, deps)
    }
  }
}

function createSource({ source }: SourceOp, { platform }: Vertex, deps: OpsDeps): Op {
  switch (source.kind) {
    case 'image':
      return createImageSource(source, platform, deps)
    case 'image-blob':
      return createImageBlobSource(source, deps)
    case 'local':
      return createLocalSource(source, deps)
    case 'http':
      return createHttpSource(source, deps.httpFiles)
    case 'git':
      return deps.gitSources.create(source)
  }
}
