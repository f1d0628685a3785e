/** npm: the manifest of an installed package stands right in a folder of `node_modules`. */
export const NPM_MANIFEST = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/
/** Python: core metadata of what pip, or setuptools, has installed. */
export const PYTHON_METADATA = /[^/]\.dist-info\/METADATA$|[^/]\.egg-info(?:\/PKG-INFO)?$/
/** Ruby: what gem has installed. */
export const GEM_SPECIFICATION = /(?:^|\/)specifications\/(?:default\/)?[^/]+\.gemspec$/

/** Whether a file of this path names a package of a language: a distribution's package may have brought it, and then it is no package of its own. */
export function isLanguageFile(path: string): boolean {
  return NPM_MANIFEST.test(path) || PYTHON_METADATA.test(path) || GEM_SPECIFICATION.test(path)
}
