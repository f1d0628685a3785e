import type { BlobReader } from '../../content/contentStore.ts'
import type { Descriptor } from '../../ground/oci/descriptor.ts'

/** An image that a command looks at, wherever it is. Disposing it lets go of what it is read from. */
export interface OpenedImage extends AsyncDisposable {
  readonly from: 'local store' | 'registry' | 'layout' | 'archive'
  /** As the user called it. */
  readonly name: string
  /** An index, or a single manifest. */
  readonly root: Descriptor
  /** Read from the root on. What a registry has comes as it is read, and is kept nowhere: read a layer once. */
  readonly store: BlobReader
}
