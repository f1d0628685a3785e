/** The file that makes a folder an OCI layout: written once, when there is one. OCI image-spec, image-layout.md. */
export const LAYOUT_FILE = 'oci-layout'
/** The file that names the images of an OCI layout. OCI image-spec, image-layout.md. */
export const LAYOUT_INDEX = 'index.json'
/** Held by who changes it; BuildKit's clients do the same. */
export const LAYOUT_INDEX_LOCK = 'index.json.lock'
