/** Why there is no engine at the end of an ssh connection, for its user. */
export interface SshFailure {
  readonly message: string
  readonly hint: string
  /** Whether `ssh` would go on if its user answered a question: a passphrase, a password, a new host's key. */
  readonly wantsAnswer: boolean
}

/** ssh's own code, where it did not come as far as the command there. */
const SSH_FAILED = 255

/** What ssh says, what to do about it, and whether a question stands behind it. The first that matches counts. */
const KNOWN: readonly { readonly words: RegExp; readonly hint: (host: string) => string; readonly wantsAnswer?: true }[] = [
  { words: /REMOTE HOST IDENTIFICATION HAS CHANGED/, hint: (host) => `the key of ${host} is not the one that is known: find out why before you connect, for someone may stand in between; where it was set up anew, remove the old key with ssh-keygen -R` },
  { words: /Host key verification failed/, hint: (host) => `the key of ${host} is not known yet: connect once by hand (ssh ${host}), look at its fingerprint and say yes`, wantsAnswer: true },
  { words: /Permission denied|Too many authentication failures/, hint: (host) => `ssh ${host} must get in without a question: put your public key into ~/.ssh/authorized_keys there, and a key with a passphrase into your agent (ssh-add)`, wantsAnswer: true },
  { words: /Could not resolve hostname|Name or service not known/, hint: () => 'see that the name is right, or has a Host entry in ~/.ssh/config' },
  { words: /Connection refused/, hint: (host) => `see that sshd runs on ${host}, and on that port: ssh://HOST:PORT` },
  { words: /timed out|No route to host|Network is unreachable/, hint: (host) => `see that ${host} is up, and that no firewall is between` },
  { words: /Bad owner or permissions|Bad configuration option|terminating, \d+ bad configuration/, hint: () => 'mend your ssh configuration: ~/.ssh/config' },
]

/** `said` is the standard error of ssh, in which that of the command there comes too. */
export function describeSshFailure(host: string, { exitCode, said }: { readonly exitCode: number; readonly said: string }): SshFailure {
  if (exitCode !== SSH_FAILED) return describeRemoteFailure(host, exitCode, linesOf(said))
  const known = KNOWN.find(({ words }) => words.test(said))
  return {
    message: lastLine(said) === '' ? 'ssh gave up, and did not say why' : lastLine(said),
    hint: known?.hint(host) ?? `see what ssh says: ssh -v ${host} true`,
    wantsAnswer: known?.wantsAnswer === true,
  }
}

/** Of Pelago there the message and the hint, as far as they can be told apart; of other programs what they said last. */
function describeRemoteFailure(host: string, exitCode: number, lines: readonly string[]): SshFailure {
  const [message, hint] = ['ERROR: ', 'hint: '].map((label) => lines.findLast((line) => line.startsWith(label))?.slice(label.length))
  return {
    message: message ?? lines.at(-1) ?? `the command there ended with the exit code ${exitCode}`,
    hint: `on ${host}: ${hint ?? 'see what pelago doctor, or the log of its engine, says'}`,
    wantsAnswer: false,
  }
}

/** The one that says why the program ended; '' where it said nothing. */
export function lastLine(said: string): string {
  return linesOf(said).findLast((line) => !/^(?:Warning: Permanently added|Shared connection to|\*\*)/.test(line)) ?? ''
}

/** Without what would move a terminal's cursor. */
function linesOf(said: string): readonly string[] {
  return said.split(/[\r\n]+/).map((line) => line.replace(/\p{Cc}+/gu, ' ').trim()).filter((line) => line !== '')
}
