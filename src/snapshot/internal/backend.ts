/** How the layers of a store become file systems. A layer is a folder that holds `diff`, in the format of overlayfs' upper folder. */
export interface Backend {
  readonly kind: 'overlay' | 'copy'
  /** The tree of `layers` (lowest first, one at least). `scratch` is an empty folder of its own, which the caller removes afterwards. */
  openTree(layers: readonly string[], scratch: string, signal: AbortSignal): Promise<Tree>
  /** A tree over `layers` (perhaps none) that can be written. Otherwise as `openTree`. */
  openMutable(layers: readonly string[], scratch: string, signal: AbortSignal): Promise<MutableTree>
}

/** Idempotent in its disposal, which leaves no mount. */
export interface Tree extends AsyncDisposable {
  readonly path: string
}

export interface MutableTree extends Tree {
  /** Ends the use of `path`. The layer that was made, complete, inside the scratch folder: to be renamed to its place. */
  seal(): Promise<string>
}

/** Where a layer has its files. */
export function diffOf(layer: string): string {
  return `${layer}/diff`
}
