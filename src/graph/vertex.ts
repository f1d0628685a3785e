import type { Digest } from '../ground/digest.ts'
import type { FileMode } from '../ground/fileMode.ts'
import type { Platform } from '../ground/platform.ts'
import type { SourceSpan } from '../ground/sourceSpan.ts'

/** One output of one vertex. */
export interface Output {
  readonly vertex: Digest
  readonly index: number
}

/** A node of the build graph: BuildKit's LLB `Op`. Its digest is over op, inputs and platform (`graphDigest.ts`), so equal work is one vertex. */
export interface Vertex {
  readonly digest: Digest
  readonly op: Op
  readonly inputs: readonly Output[]
  /** Set where the result depends on it: image sources and exec. */
  readonly platform: Platform | undefined
  readonly note: VertexNote
}

/** What a vertex says to people and to the scheduler; not part of its digest. */
export interface VertexNote {
  /** `[linux/arm64 build 2/4] RUN make` */
  readonly name: string
  readonly ignoreCache: boolean
  readonly span: SourceSpan | undefined
  /** Absent: other machines may have its result from an exported cache. */
  readonly isCacheExported?: false
  /** With which others it is shown; absent is none. */
  readonly group?: ProgressGroup
}

/** Steps that are one to who looks on. */
export interface ProgressGroup {
  readonly id: string
  readonly name: string
  /** Whether it is one only where something else is shown beside it. */
  readonly isWeak: boolean
}

/** Vertices by digest; every input of a vertex is in it. */
export type Graph = ReadonlyMap<Digest, Vertex>

export type Op = SourceOp | ExecOp | FileOp | MergeOp | DiffOp

export interface SourceOp {
  readonly kind: 'source'
  readonly source: Source
}

export type Source = ImageSource | ImageBlobSource | LocalSource | HttpSource | GitSource

/** `docker-image://` */
export interface ImageSource {
  readonly kind: 'image'
  /** In full, with the digest of the manifest or index it was resolved to. */
  readonly reference: string
  /** The digest of the platform's own manifest. */
  readonly manifest: Digest
  /** How many of its layers, from the lowest; absent is all. */
  readonly layerLimit?: number
}

/** `docker-image+blob://`, `oci-layout+blob://`: one blob of an image, as a file. */
export interface ImageBlobSource {
  readonly kind: 'image-blob'
  /** `host/repository`, or the name of a client's layout. */
  readonly place: string
  /** Whose layout it is; undefined is a registry's repository. */
  readonly sessionId: string | undefined
  readonly digest: Digest
  /** '' is the digest's hex. */
  readonly filename: string
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** `local://`: files of the client, brought by the session. */
export interface LocalSource {
  readonly kind: 'local'
  /** `context`, `dockerfile`, or a named context. */
  readonly name: string
  readonly sessionId: string
  /** Patterns as in an ignore file. Empty includes all. */
  readonly includePatterns: readonly string[]
  readonly excludePatterns: readonly string[]
  /** Paths to be brought with what their symlinks lead to. Empty: all. */
  readonly followPaths: readonly string[]
  /** Tells apart the copies of several clients' folders of one name. */
  readonly sharedKeyHint: string
  /** Absent: files that are here already, by what they say of themselves, are not brought again. */
  readonly isCompared?: false
}

/** Of a file that comes without one. */
export const DEFAULT_FILE_MODE = 0o600

/** `http://`, `https://`: one file. */
export interface HttpSource {
  readonly kind: 'http'
  readonly url: string
  /** Of the content; undefined takes what comes. */
  readonly checksum: Digest | undefined
  /** '' is what the server or the URL calls it. */
  readonly filename: string
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** The client's secret that is the header `Authorization`; '' is `HTTP_AUTH_HEADER_<host>`, if the client has it. */
  readonly authHeaderSecret: string
  /** To be sent with the request, by names in lower case; absent is none. */
  readonly headers?: Readonly<Record<string, string>>
}

/** `git://`: the files of a commit. */
export interface GitSource {
  readonly kind: 'git'
  /** As git itself takes it. */
  readonly remote: string
  /** Branch, tag, full name of a ref, or commit; '' is the remote's default branch. */
  readonly ref: string
  /** '' is the whole repository. */
  readonly folder: string
  /** The commit, or its first digits, that the ref has to lead to; '' is any. */
  readonly checksum: string
  readonly keepGitFolder: boolean
  readonly submodules: boolean
  /** The time of all files: that of the commit, or none in particular. */
  readonly mtime: 'checkout' | 'commit'
  /** Asks for the commit of `checksum` by itself, without a look at the ref. */
  readonly fetchByCommit: boolean
  /** Secrets of the client, each looked up with `.<host>` behind its name first; '' is none. */
  readonly authHeaderSecret: string
  readonly authTokenSecret: string
  /** As in the file `known_hosts`; '' takes the key that a host shows first. */
  readonly knownSshHosts: string
  /** The client's ssh agent; '' is none. */
  readonly sshAgent: string
}

export interface ExecOp {
  readonly kind: 'exec'
  readonly argv: readonly string[]
  /** `KEY=value`, in order. */
  readonly env: readonly string[]
  readonly cwd: string
  /** '' is root; `user`, `uid`, `user:group`, looked up in the root file system. */
  readonly user: string
  /** Proxy variables given to the process and left out of the key, `KEY=value`. */
  readonly proxyEnv: readonly string[]
  readonly mounts: readonly Mount[]
  /** Secrets of the client that the process gets as variables; their values are part of nothing. Absent where there are none. */
  readonly secretEnv?: readonly SecretVariable[]
  /** Absent where there are none. */
  readonly devices?: readonly DeviceRequest[]
  readonly network: NetworkMode
  readonly security: 'sandbox' | 'insecure'
  readonly hostname: string
  readonly extraHosts: readonly ExtraHost[]
  readonly ulimits: readonly Ulimit[]
  /** 0 is the default, 64 MiB. */
  readonly shmSizeBytes: number
  readonly cgroupParent: string
  /** With which the process may end; absent is 0 alone. */
  readonly validExitCodes?: readonly number[]
  /** Absent is none. */
  readonly makeshift?: MakeshiftExit
  /** Absent: every program is emulated that has to be. */
  readonly twins?: TwinUse
  /** Folders that were made on the way to a mount stay; absent: only what was filled. */
  readonly keepsMountParents?: true
}

/** A way for a process to end without what it was to make: the build goes on with what there is, and the next one tries again. */
export interface MakeshiftExit {
  /** Of `validExitCodes`. */
  readonly exitCode: number
  /** What a warning says, with the last line of the process's output behind it. */
  readonly warning: string
}

/** Native twins of emulated programs: which kinds, and whence. */
export interface TwinUse {
  /** `verify` runs the step without them, too, and compares. */
  readonly mode: TwinMode
  /** Index of the vertex's input, mounted nowhere, that is the root file system of the sibling: the same image for the machine's own platform. */
  readonly input: number
  /** Index of the input, mounted nowhere, that is a root file system of the machine's own platform with cross compilers; absent: there is none. */
  readonly toolchain?: number
}

export type TwinMode = 'tools' | 'verify'

export type NetworkMode = 'default' | 'host' | 'none'

export interface ExtraHost {
  readonly host: string
  readonly ip: string
}

export interface Ulimit {
  readonly name: string
  readonly soft: number
  readonly hard: number
}

/** A device of the machine's, described by the Container Device Interface. */
export interface DeviceRequest {
  /** `vendor.com/class=name` */
  readonly name: string
  /** Whether the process runs without it where there is none. */
  readonly isOptional: boolean
}

export interface SecretVariable {
  readonly name: string
  /** By which the client knows it. */
  readonly secretId: string
  /** Whether the process runs without it where the client has none. */
  readonly isOptional: boolean
}

/** The mount with target `/` is the root. Outputs are numbered by the order of the mounts that have one. */
export type Mount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount

export interface BindMount {
  readonly kind: 'bind'
  /** Which of the vertex's inputs; undefined is an empty folder. */
  readonly input: number | undefined
  /** Path inside the input; '' is all of it. */
  readonly selector: string
  readonly target: string
  readonly readonly: boolean
  /** Whether what the process wrote is an output of the vertex. */
  readonly isOutput: boolean
  /** Whether what it shows counts for the key by its content; absent: where that is safe, and it is not the root. */
  readonly contentCache?: 'on' | 'off'
}

/** A folder that is kept from build to build. Neither whose it is nor how it is shared counts for the vertex's result. */
export interface CacheMount {
  readonly kind: 'cache'
  /** The input that a new one begins with; undefined is an empty folder. */
  readonly input: number | undefined
  readonly selector: string
  readonly target: string
  readonly readonly: boolean
  /** Steps that name the same one get the same folder. */
  readonly cacheId: string
  readonly sharing: CacheSharing
}

/** Who comes while it is in use: `shared` uses it too, `locked` waits, `private` gets another. */
export type CacheSharing = 'shared' | 'private' | 'locked'

/** An empty folder in memory. */
export interface TmpfsMount {
  readonly kind: 'tmpfs'
  readonly target: string
  readonly readonly: boolean
  /** 0 is half of the machine's memory. */
  readonly sizeBytes: number
}

/** What of the client a file is made for. */
interface ClientFileMount {
  readonly target: string
  readonly uid: number
  readonly gid: number
  readonly mode: number
  /** Whether the process runs without it where the client has none. */
  readonly isOptional: boolean
}

/** A file with a secret of the client. */
export interface SecretMount extends ClientFileMount {
  readonly kind: 'secret'
  readonly secretId: string
}

/** A socket that leads to an ssh agent of the client. */
export interface SshMount extends ClientFileMount {
  readonly kind: 'ssh'
  readonly agentId: string
}

export interface FileOp {
  readonly kind: 'file'
  readonly actions: readonly FileAction[]
}

/** Where an action works: an input of the vertex, the result of an earlier action, or nothing. */
export type ActionBase =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'action'; readonly index: number }
  | { readonly kind: 'scratch' }

interface ActionCommon {
  readonly base: ActionBase
  /** The vertex's output that this action's result is; undefined for an intermediate one. */
  readonly output: number | undefined
}

/** Of actions that make files. */
interface MakingAction extends ActionCommon {
  readonly owner: Owner | undefined
  /** The time of what is made, since the epoch. Undefined: a copy's is its source's, all else has the time at which it is made. */
  readonly timestampNs: bigint | undefined
}

export type FileAction = CopyAction | MakeFolderAction | MakeFileAction | MakeSymlinkAction | RemoveAction

export interface CopyAction extends MakingAction {
  readonly kind: 'copy'
  /** Where the files come from. */
  readonly from: ActionBase
  /** Absolute in `from`, perhaps with wildcards. */
  readonly source: string
  /** Absolute; a trailing `/` means a folder. */
  readonly target: string
  /** For files and folders alike; undefined keeps what they have. */
  readonly mode: FileMode | undefined
  readonly followSymlinks: boolean
  /** Copy what is in a folder, not the folder. */
  readonly copyFolderContents: boolean
  /** A local tar archive is unpacked instead of copied. */
  readonly unpackArchives: boolean
  readonly createTargetPath: boolean
  readonly allowWildcard: boolean
  readonly allowEmptyWildcard: boolean
  /** As in an ignore file, relative to the source, for what is in it: the source itself is copied whatever its name is. */
  readonly includePatterns: readonly string[]
  readonly excludePatterns: readonly string[]
  /** Absolute in `from`: it is an error where one is not there, whatever the patterns take. */
  readonly requiredPaths: readonly string[]
  /** What is copied takes the place of what is in its way, even of a folder; else that is an error. */
  readonly replacesTargets: boolean
}

export interface MakeFolderAction extends MakingAction {
  readonly kind: 'mkdir'
  readonly path: string
  readonly mode: number
  readonly makeParents: boolean
}

export interface MakeFileAction extends MakingAction {
  readonly kind: 'mkfile'
  readonly path: string
  readonly mode: number
  readonly data: Uint8Array
}

export interface MakeSymlinkAction extends MakingAction {
  readonly kind: 'symlink'
  readonly path: string
  /** What the link says, as it is. */
  readonly linkTarget: string
}

export interface RemoveAction extends ActionCommon {
  readonly kind: 'rm'
  readonly path: string
  readonly allowNotFound: boolean
  readonly allowWildcard: boolean
}

/** Names are looked up in `/etc/passwd` and `/etc/group` of the file system that `lookup` names. Undefined group: the user's own, or the user's id as group where the user is a number. */
export interface Owner {
  readonly user: string
  readonly group: string | undefined
  readonly lookup: ActionBase
  /** Where the group's name is looked up, if elsewhere. */
  readonly groupLookup?: ActionBase
}

/** Layers of the inputs on top of each other. */
export interface MergeOp {
  readonly kind: 'merge'
}

/** What the second input has over the first; either may be absent (scratch). */
export interface DiffOp {
  readonly kind: 'diff'
  readonly lower: number | undefined
  readonly upper: number | undefined
}
