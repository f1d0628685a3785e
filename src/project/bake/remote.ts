import { BakeError } from './bakeError.ts'

/** What a definition was read from, where that is elsewhere: relative contexts are in it. */
export interface RemoteDefinition {
  readonly url: string
  /** A file by itself has nothing beside it: paths of what it says are of here. */
  readonly kind: 'git' | 'archive' | 'file'
}

/** Where files of a remote definition are put in the result of `definitionDockerfile`. */
export const DEFINITION_FOLDERS = { named: 'named', single: 'single' } as const
/**
 * A Dockerfile that takes from its context the files that are asked for, as far as they are there: the first into
 * `named/0/`, and so on; and a download that is no archive into `single/`. So any engine can read a definition.
 * @throws BakeError on a name that would be a pattern
 */
export function definitionDockerfile(names: readonly string[]): string {
  const copies = names.map((name, index) => `COPY ${JSON.stringify([optional(name), `/${DEFINITION_FOLDERS.named}/${index}/`])}\n`)
  return `FROM scratch\n${copies.join('')}COPY ${JSON.stringify([optional('context'), `/${DEFINITION_FOLDERS.single}/`])}\n`
}

/** A pattern of this name alone: one that matches nothing is no mistake. */
function optional(name: string): string {
  if (/[*?[\]\\$]/.test(name) || name === '' || name.endsWith('/')) throw new BakeError(`cannot read ${JSON.stringify(name)} of a remote definition`, { hint: 'name a file in it by its path, without * ? [ ] \\ and $' })
  const last = name.slice(-1)
  return `${name.slice(0, -1)}[${last}]`
}
