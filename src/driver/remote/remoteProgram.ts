/**
 * What runs on the other machine: one line for whatever shell its user has, which finds out what of an engine is there,
 * says so, and becomes the program that joins its standard input and output to the engine's socket.
 */

/** What joins the stream to an engine there. */
export type RemoteProgram = 'pelago' | 'buildctl' | 'docker buildx'

/** What the other machine said before the stream began. */
export type RemoteAnswer =
  | { readonly kind: 'stream'; readonly program: RemoteProgram | 'unknown' }
  /** There is nothing that leads to an engine. */
  | { readonly kind: 'nothing'; readonly searchPath: string }

const MARK = 'PELAGO-STREAM'

/** Where programs are, though the PATH of a shell that is no login shell may not say so. */
const PLACES = '$HOME/.local/bin:$HOME/bin:/usr/local/bin:/opt/pelago/bin:/snap/bin'

/*
 * No single quote, no newline and no `!` may stand in it, which some shell or other would take for its own. The login
 * shell is asked for its PATH only where nothing is found: it may be slow.
 */
const SCRIPT = [
  `say() { printf "\\n${MARK} %s\\n" "$1"; }`,
  'has() { command -v "$1" >/dev/null 2>&1; }',
  'sock=$1',
  'known=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/buildkit/buildkitd.sock; [ -S "$known" ] || known=/run/buildkit/buildkitd.sock',
  `PATH=$PATH:${PLACES}; export PATH`,
  [
    'search() {',
    'if has pelago; then say pelago; if [ -n "$sock" ]; then exec pelago --builder "unix://$sock" dial-stdio; else exec pelago dial-stdio; fi; fi;',
    'if has buildctl; then if [ -n "$sock" ] || [ -S "$known" ]; then say buildctl; exec buildctl --addr "unix://${sock:-$known}" dial-stdio; fi; fi;',
    'if [ -z "$sock" ] && has docker && docker buildx dial-stdio --help 2>/dev/null | grep -q dial-stdio; then say "docker buildx"; exec docker buildx dial-stdio; fi;',
    '}',
  ].join(' '),
  'search',
  'own=$("${SHELL:-/bin/sh}" -lc env 2>/dev/null </dev/null | sed -n s/^PATH=//p); PATH=$PATH:$own',
  'search',
  'say "nothing $PATH"',
  'exit 127',
].join('; ')

/** For `ssh`, which joins its words with spaces and gives them to the shell there. `socket` has no character that a shell knows. */
export function remoteCommand(socket: string): string {
  return `exec /bin/sh -c '${SCRIPT}' pelago ${socket}`.trimEnd()
}

/** What a shell's own files print before. */
const MAX_NOISE_BYTES = 64 * 1024
/** The start of an HTTP/2 server: a SETTINGS frame of stream 0. So speaks a machine that runs a program of its own choice. */
const SETTINGS_HEAD = 9

/**
 * Looks for what the script says in what has come so far. Undefined where more must come; `rest` is where the stream
 * begins. `too-much` where it will not come any more.
 */
export function parseRemoteAnswer(bytes: Buffer): { readonly answer: RemoteAnswer; readonly rest: number } | 'too-much' | undefined {
  if (isSettingsFrame(bytes)) return { answer: { kind: 'stream', program: 'unknown' }, rest: 0 }
  const start = bytes.indexOf(`\n${MARK} `)
  const end = start < 0 ? -1 : bytes.indexOf('\n', start + 1)
  if (end < 0) return bytes.byteLength > MAX_NOISE_BYTES ? 'too-much' : undefined
  const line = bytes.toString('utf8', start + MARK.length + 2, end)
  if (line === 'pelago' || line === 'buildctl' || line === 'docker buildx') return { answer: { kind: 'stream', program: line }, rest: end + 1 }
  return { answer: { kind: 'nothing', searchPath: line.replace(/^nothing /, '') }, rest: end + 1 }
}

function isSettingsFrame(bytes: Buffer): boolean {
  return bytes.byteLength >= SETTINGS_HEAD && bytes[0] === 0 && bytes[3] === 4 && bytes[4] === 0 && bytes.readUInt32BE(5) === 0
}
