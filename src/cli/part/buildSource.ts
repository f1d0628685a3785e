/** What a build was made from, told so that two machines that build the same say the same. */
export interface BuildSource {
  /** By name; the build's own is `context`. */
  readonly contexts: ReadonlyMap<string, ContextSource>
  /** Digest of the Dockerfile's text; undefined where it stands in a context that is no folder. */
  readonly dockerfile: string | undefined
  /** '' is the last stage. */
  readonly target: string
  /** Without the proxies, which are a machine's own, and without what `secretArgs` names. */
  readonly buildArgs: ReadonlyMap<string, string>
  /** Arguments whose values are not written down: by their names they are secret. */
  readonly secretArgs: readonly string[]
}

export type ContextSource =
  | FolderSource
  /** A URL, a repository, an image: as written, but for names and passwords in it. */
  | { readonly kind: 'remote'; readonly text: string }
  /** What came on stdin; undefined where the build did not read it to its end. */
  | { readonly kind: 'upload'; readonly digest: string | undefined }
  | { readonly kind: 'empty' }

export interface FolderSource {
  readonly kind: 'folder'
  /** Of the names, executable bits and contents of what the ignore file leaves; times, owners and `.git` do not count. */
  readonly digest: string
  /** Undefined where neither git nor a CI service tells. */
  readonly revision: Revision | undefined
}

export type Revision =
  | {
      readonly kind: 'git'
      readonly commit: string
      /** Whether files differ from the commit, or are new to it, in the context's folder. */
      readonly isDirty: boolean
      /** The context's place in the repository; '' is its root. */
      readonly folder: string
      /** Without name and password; '' where there is none. */
      readonly remote: string
    }
  /** There is no checkout that git reads: `variable` is where the CI service tells it. */
  | { readonly kind: 'told'; readonly commit: string; readonly variable: string }
