import { BuildError } from '../../ground/errors.ts'

/** The files of a project, as its loader needs them; whoever calls it says where they are. */
export interface ProjectFiles {
  /**
   * The whole text of a file; `-` is standard input. Undefined where there is no such file, or where it is a folder.
   * @throws where it cannot be read, or is larger than any Compose file
   */
  readText(path: string, signal: AbortSignal): Promise<string | undefined>
  /** The user's own folder, for `~`. */
  readonly home: string
}

/** A file that was named, and is not there. */
export class ProjectFileMissingError extends BuildError {
  readonly kind = 'not-found'
  readonly path: string

  constructor(path: string, what: string, hint?: string) {
    super(`no such ${what}: ${path}`, { hint })
    this.path = path
  }
}
