import type { ImageConfig } from '../ground/oci/imageConfig.ts'

/** What made each layer, lowest first, as the history tells it and without the builder's own notes; fewer than layers where it does not tell. */
export function layerSteps({ history }: Pick<ImageConfig, 'history'>): readonly string[] {
  return history.filter(({ emptyLayer }) => !emptyLayer).map(({ createdBy = '' }) => createdBy.replace(/ # buildkit$/, '').replace(/^\/bin\/sh -c #\(nop\)\s+/, '').replace(/^\/bin\/sh -c /, 'RUN '))
}
