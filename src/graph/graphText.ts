import type { Digest } from '../ground/digest.ts'
import { formatFileMode } from '../ground/fileMode.ts'
import { formatPlatform } from '../ground/platform.ts'
import type { ActionBase, CopyAction, ExecOp, FileAction, GitSource, Graph, Mount, Op, Output, Owner, SecretMount, Source, SshMount, Vertex } from './vertex.ts'

/** A graph for people and for golden tests: vertices in order, numbered, each with what it does. */
export function formatGraph(graph: Graph, root: Output | undefined): string {
  const numbers = new Map([...graph.keys()].map((digest, index) => [digest, `#${index + 1}`]))
  const blocks = [...graph.values()].map((vertex) => formatVertex(vertex, numbers))
  return [...blocks, `result: ${root === undefined ? 'scratch' : formatOutput(root, numbers)}`].join('\n\n')
}

type Numbers = ReadonlyMap<Digest, string>

function formatOutput({ vertex, index }: Output, numbers: Numbers): string {
  const number = numbers.get(vertex) ?? vertex
  return index === 0 ? number : `${number}.${index}`
}

function formatVertex({ digest, op, inputs, platform, note }: Vertex, numbers: Numbers): string {
  const about = [op.kind, ...(platform === undefined ? [] : [formatPlatform(platform)]), ...(note.ignoreCache ? ['uncached'] : [])]
  const head = [numbers.get(digest), `(${about.join(', ')})`, note.name].join(' ')
  const lines = [...(inputs.length === 0 ? [] : [`inputs ${inputs.map((input) => formatOutput(input, numbers)).join(' ')}`]), ...formatOp(op)]
  return [head, ...lines.map((line) => `  ${line}`)].join('\n')
}

function formatOp(op: Op): readonly string[] {
  switch (op.kind) {
    case 'source':
      return formatSource(op.source)
    case 'exec':
      return formatExec(op)
    case 'file':
      return op.actions.map(formatAction)
    case 'merge':
      return []
    case 'diff':
      return [`lower ${op.lower ?? 'scratch'} upper ${op.upper ?? 'scratch'}`]
  }
}

function formatSource(source: Source): readonly string[] {
  switch (source.kind) {
    case 'image':
      return [`image ${source.reference}`, `manifest ${source.manifest}`]
    case 'image-blob':
      return [`blob ${source.place}@${source.digest}`, ...setting('session', source.sessionId ?? ''), ...setting('filename', source.filename), ...formatMode(source.mode), `for ${source.uid}:${source.gid}`]
    case 'local':
      return [
        `local ${source.name}`,
        ...setting('session', source.sessionId),
        ...setting('shared key', source.sharedKeyHint),
        ...list('include', source.includePatterns),
        ...list('exclude', source.excludePatterns),
        ...list('follow', source.followPaths),
      ]
    case 'http':
      return [`http ${source.url}`, ...setting('checksum', source.checksum ?? ''), ...setting('filename', source.filename), ...formatMode(source.mode), `for ${source.uid}:${source.gid}`, ...setting('authorization', source.authHeaderSecret), ...Object.entries(source.headers ?? {}).map(([name, value]) => `header ${name}: ${value}`)]
    case 'git':
      return formatGitSource(source)
  }
}

function formatGitSource(source: GitSource): readonly string[] {
  const flags = [source.keepGitFolder ? 'keep .git' : '', source.submodules ? '' : 'no submodules', source.mtime === 'commit' ? 'commit times' : '', source.fetchByCommit ? 'fetch by commit' : '']
  return [
    `git ${source.remote}`,
    ...setting('ref', source.ref),
    ...setting('folder', source.folder),
    ...setting('checksum', source.checksum),
    ...flags.filter((flag) => flag !== ''),
    ...setting('header', source.authHeaderSecret),
    ...setting('token', source.authTokenSecret),
    ...setting('known hosts', source.knownSshHosts),
    ...setting('agent', source.sshAgent),
  ]
}

function formatExec(op: ExecOp): readonly string[] {
  return [
    `argv ${JSON.stringify(op.argv)}`,
    ...op.env.map((variable) => `env ${variable}`),
    ...op.proxyEnv.map((variable) => `proxy ${variable}`),
    `cwd ${op.cwd}`,
    ...setting('user', op.user),
    ...op.mounts.map(formatMount),
    ...(op.secretEnv ?? []).map(({ name, secretId, isOptional }) => [`secret variable ${name}`, `id ${secretId}`, ...traits([isOptional, 'optional'])].join(' ')),
    ...(op.devices ?? []).map(({ name, isOptional }) => [`device ${name}`, ...traits([isOptional, 'optional'])].join(' ')),
    ...(op.network === 'default' ? [] : [`network ${op.network}`]),
    ...(op.security === 'sandbox' ? [] : [`security ${op.security}`]),
    ...setting('hostname', op.hostname),
    ...op.extraHosts.map(({ host, ip }) => `host ${host} ${ip}`),
    ...op.ulimits.map(({ name, soft, hard }) => `ulimit ${name} ${soft}:${hard}`),
    ...(op.shmSizeBytes === 0 ? [] : [`shm ${op.shmSizeBytes}`]),
    ...setting('cgroup', op.cgroupParent),
    ...(op.twins === undefined ? [] : [`twins ${op.twins.mode} from input ${op.twins.input}${op.twins.toolchain === undefined ? '' : `, toolchain from input ${op.twins.toolchain}`}`]),
    ...(op.keepsMountParents === true ? ['keep folders of mounts'] : []),
  ]
}

function formatMount(mount: Mount): string {
  return [`mount ${mount.target}`, ...mountWords(mount)].join(' ')
}

function mountWords(mount: Mount): readonly string[] {
  switch (mount.kind) {
    case 'bind':
      return [`input ${mount.input ?? 'scratch'}`, ...setting('selector', mount.selector), ...traits([mount.readonly, 'readonly'], [mount.isOutput, 'output'])]
    case 'cache':
      return [`cache ${mount.cacheId}`, mount.sharing, `input ${mount.input ?? 'scratch'}`, ...setting('selector', mount.selector), ...traits([mount.readonly, 'readonly'])]
    case 'tmpfs':
      return ['tmpfs', ...(mount.sizeBytes === 0 ? [] : [`${mount.sizeBytes} bytes`]), ...traits([mount.readonly, 'readonly'])]
    case 'secret':
      return [`secret ${mount.secretId}`, ...clientFileWords(mount)]
    case 'ssh':
      return [`ssh ${mount.agentId}`, ...clientFileWords(mount)]
  }
}

function clientFileWords({ uid, gid, mode, isOptional }: SecretMount | SshMount): readonly string[] {
  return [`owner ${uid}:${gid}`, ...formatMode(mode), ...traits([isOptional, 'optional'])]
}

function traits(...named: readonly (readonly [is: boolean, trait: string])[]): readonly string[] {
  return named.flatMap(([is, trait]) => (is ? [trait] : []))
}

function formatAction(action: FileAction): string {
  const tail = [`on ${formatBase(action.base)}`, ...(action.output === undefined ? [] : [`output ${action.output}`])]
  if (action.kind === 'rm') return [`rm ${action.path}`, ...tail, ...(action.allowNotFound ? ['forgiving'] : []), ...(action.allowWildcard ? ['wildcard'] : [])].join(' ')
  const made = [...tail, ...(action.timestampNs === undefined ? [] : [`at ${action.timestampNs}`]), ...formatOwner(action.owner)]
  switch (action.kind) {
    case 'copy':
      return [`copy ${action.source} from ${formatBase(action.from)} to ${action.target}`, ...made, ...formatCopyOptions(action)].join(' ')
    case 'mkdir':
      return [`mkdir ${action.path}`, ...made, ...formatMode(action.mode), ...(action.makeParents ? ['parents'] : [])].join(' ')
    case 'mkfile':
      return [`mkfile ${action.path}`, ...made, ...formatMode(action.mode), `${action.data.length} bytes`].join(' ')
    case 'symlink':
      return [`symlink ${action.path} to ${action.linkTarget}`, ...made].join(' ')
  }
}

function formatCopyOptions(action: CopyAction): readonly string[] {
  const set = traits(
    [action.followSymlinks, 'follow'],
    [action.copyFolderContents, 'contents'],
    [action.unpackArchives, 'unpack'],
    [action.createTargetPath, 'parents'],
    [action.allowWildcard, 'wildcard'],
    [action.allowEmptyWildcard, 'empty'],
    [action.replacesTargets, 'replacing'],
  )
  const mode = action.mode === undefined ? [] : [`mode ${formatFileMode(action.mode)}`]
  const patterns = [...list('include', action.includePatterns), ...list('exclude', action.excludePatterns), ...list('required', action.requiredPaths)]
  return [...mode, ...patterns, `(${set.join(' ')})`]
}

function formatBase(base: ActionBase): string {
  switch (base.kind) {
    case 'input':
      return `input ${base.index}`
    case 'action':
      return `action ${base.index}`
    case 'scratch':
      return 'scratch'
  }
}

function formatOwner(owner: Owner | undefined): readonly string[] {
  if (owner === undefined) return []
  return [`owner ${owner.user}${owner.group === undefined ? '' : `:${owner.group}`} of ${formatBase(owner.lookup)}`]
}

function formatMode(bits: number): readonly string[] {
  return [`mode ${formatFileMode({ kind: 'absolute', bits })}`]
}

function setting(name: string, value: string): readonly string[] {
  return value === '' ? [] : [`${name} ${value}`]
}

function list(name: string, values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [`${name} ${values.join(' ')}`]
}
