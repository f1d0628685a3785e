/** The types of package URLs that are looked for: each is a way in which packages come to an image. */
export type PackageKind = 'deb' | 'apk' | 'rpm' | 'npm' | 'pypi' | 'golang' | 'cargo' | 'gem'

/** A package as its own database, or the program that it is linked into, says. Nothing of it is trusted but its length. */
export interface Package {
  readonly kind: PackageKind
  /** As its kind writes it: `@scope/name`, `github.com/a/b`. */
  readonly name: string
  readonly version: string
  /** As the distribution calls it; '' where nothing says. */
  readonly architecture: string
  /** What it was built from, where the distribution names that apart. */
  readonly source: PackageSource | undefined
  /** As declared: SPDX expressions, or what else was written there. All of them hold. */
  readonly licenses: readonly string[]
  /** Who makes it, as `Name <address>` or any text; '' where nothing says. */
  readonly supplier: string
  /** '' where nothing says. */
  readonly homepage: string
}

export interface PackageSource {
  readonly name: string
  /** '' where it is the package's own. */
  readonly version: string
}

export type PackageFields = Pick<Package, 'kind' | 'name' | 'version'> & Partial<Omit<Package, 'kind' | 'name' | 'version'>>

/** No honest name, version or licence is longer. */
const MAX_FIELD_CHARACTERS = 2048

/** What nobody says is empty; what is longer than anyone would write is cut. Undefined where it has no name. */
export function toPackage({ kind, name, version, architecture = '', source, licenses = [], supplier = '', homepage = '' }: PackageFields): Package | undefined {
  if (name.trim() === '' || name.length > MAX_FIELD_CHARACTERS) return undefined
  return {
    kind,
    name: cut(name),
    version: cut(version),
    architecture: cut(architecture),
    source: source === undefined ? undefined : { name: cut(source.name), version: cut(source.version) },
    licenses: licenses.map(cut).filter((license) => license !== ''),
    supplier: cut(supplier),
    homepage: cut(homepage),
  }
}

function cut(text: string): string {
  return text.trim().slice(0, MAX_FIELD_CHARACTERS)
}
