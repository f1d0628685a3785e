/** An agent's socket, or keys, by id; no paths is the user's own agent. */
export interface SshEntry {
  readonly id: string
  readonly paths: readonly string[]
}

/** `default`, `ID=PATH,PATH`. */
export function parseSshEntry(text: string): SshEntry {
  const sign = text.indexOf('=')
  return sign < 0 ? { id: text, paths: [] } : { id: text.slice(0, sign), paths: text.slice(sign + 1).split(',') }
}

export function formatSshEntry({ id, paths }: SshEntry): string {
  return paths.length === 0 ? id : `${id}=${paths.join(',')}`
}

export function isSameSsh(a: SshEntry, b: SshEntry): boolean {
  return formatSshEntry(a) === formatSshEntry(b)
}
