import type { Descriptor } from './descriptor.ts'

/** OCI image-spec, manifest.md; Docker's schema 2 has the same shape. */
export interface Manifest {
  readonly mediaType: string
  readonly artifactType: string | undefined
  readonly config: Descriptor
  /** Lowest first. */
  readonly layers: readonly Descriptor[]
  readonly subject: Descriptor | undefined
  readonly annotations: ReadonlyMap<string, string>
}

/** OCI image-spec, image-index.md; Docker's manifest list has the same shape. */
export interface Index {
  readonly mediaType: string
  readonly artifactType: string | undefined
  readonly manifests: readonly Descriptor[]
  readonly subject: Descriptor | undefined
  readonly annotations: ReadonlyMap<string, string>
}
