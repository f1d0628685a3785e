import { toBinary } from '@bufbuild/protobuf'
import { DefinitionSchema, NetMode, MountType, MountContentCache, type Definition } from '../../src/api/gen/ops_pb.ts'
import { copy, createLlb, mkdir, mkfile, output, rm, symlink, TIME, type Llb, type LlbRef } from '../support/llb.ts'

/** A graph that both BuildKit and Pelago solve. */
export interface LlbCase {
  readonly name: string
  /** What both must say, where it cannot be solved. */
  readonly fails?: RegExp
  readonly build: (llb: Llb) => LlbRef
  /** BuildKit leaves folders on the way the time at which they were made; Pelago gives them the action's. */
  readonly hasFoldersOfNow?: true
  /** Instead of `build`'s own definition: one that is broken. */
  readonly damage?: (definition: Definition) => Definition
}

/** A root with busybox for a shell, from the client's folder `bin`. */
function shell(llb: Llb): LlbRef {
  const bin = llb.source('local://bin', { 'local.unique': 'bin', 'local.sharedkeyhint': 'bin' })
  return llb.file([llb.file([], [mkdir('/bin'), mkdir('/tmp', { mode: 0o1777 }), mkdir('/etc'), mkfile('/etc/passwd', 'root:x:0:0::/:/bin/sh\nann:x:1001:1002::/:/bin/sh\n'), mkfile('/etc/group', 'root:x:0:\nteam:x:2002:\n')]), bin], [copy('/busybox', '/bin/sh', { mode: 0o755 })])
}

type MountInit = Readonly<Record<string, unknown>>
const ROOT: MountInit = { input: 0n, dest: '/', output: 0n }

interface Run {
  readonly mounts?: readonly MountInit[]
  readonly meta?: Readonly<Record<string, unknown>>
  readonly op?: Readonly<Record<string, unknown>>
}

function run(llb: Llb, inputs: readonly LlbRef[], script: string, { mounts = [ROOT], meta = {}, op = {} }: Run = {}): LlbRef {
  return llb.add({ op: { case: 'exec', value: { meta: { args: ['/bin/sh', '-c', script], cwd: '/', removeMountStubsRecursive: true, ...meta }, mounts: mounts as never, network: NetMode.NONE, ...op } as never } }, inputs)
}

/** What a script has left in a folder of its own, alone: the root has files with times of now. */
export function wrote(llb: Llb, script: string, { inputs = [], mounts = [], ...more }: Run & { readonly inputs?: readonly LlbRef[] } = {}): LlbRef {
  const root = shell(llb)
  return output(run(llb, [root, ...inputs], script, { ...more, mounts: [{ ...ROOT, output: -1n, readonly: true }, { input: -1n, dest: '/tmp', output: 0n }, ...mounts] }), 0)
}

function tree(llb: Llb): LlbRef {
  return llb.file([], [mkdir('/d'), mkdir('/d/sub'), mkfile('/d/a.txt', 'a'), mkfile('/d/b.md', 'b', { mode: 0o600 }), mkfile('/d/sub/c.txt', 'c'), symlink('/d/link', 'sub/c.txt'), symlink('/l', 'd')])
}

const onto = (llb: Llb, from: LlbRef, ...actions: Parameters<Llb['file']>[1][number][]): LlbRef => llb.file([llb.file([], [mkdir('/base', { mode: 0o700 }), mkfile('/base/old', 'old')]), from], actions)

const merge = (llb: Llb, inputs: readonly LlbRef[]): LlbRef => llb.add({ op: { case: 'merge', value: { inputs: inputs.map((_, index) => ({ input: BigInt(index) })) } } }, inputs)
const diff = (llb: Llb, lower: LlbRef | undefined, upper: LlbRef | undefined): LlbRef => {
  const inputs = [lower, upper].flatMap((ref) => ref ?? [])
  return llb.add({ op: { case: 'diff', value: { lower: { input: lower === undefined ? -1n : 0n }, upper: { input: upper === undefined ? -1n : lower === undefined ? 0n : 1n } } } }, inputs)
}

const user = (value: { readonly name: string; readonly input: bigint } | number): object => (typeof value === 'number' ? { user: { case: 'byID', value } } : { user: { case: 'byName', value } })

const FILES: readonly LlbCase[] = [
  { name: 'mkfile with mode, owner and time', build: (llb) => llb.file([], [mkfile('/a', 'x', { mode: 0o4750, owner: { user: user(7), group: user(8) } }), mkfile('b', 'y', { owner: { user: user(9) }, timestamp: TIME + 1_000_000_000n })]) },
  { name: 'mkfile over a file, and through a link', build: (llb) => llb.file([tree(llb)], [mkfile('/d/b.md', 'new'), mkfile('/l/a.txt', 'new')]) },
  { name: 'mkfile without its folder', build: (llb) => llb.file([], [mkfile('/none/a', 'x')]), fails: /no such file or directory|none/ },
  { name: 'mkdir with parents and owner', hasFoldersOfNow: true, build: (llb) => llb.file([], [mkdir('/a/b/c', { makeParents: true, mode: 0o711, owner: { user: user(5), group: user(6) } })]) },
  { name: 'mkdir of what is there', build: (llb) => llb.file([tree(llb)], [mkdir('/d', { mode: 0o700 }), mkdir('/d', { makeParents: true })]) },
  { name: 'symlinks with owner', build: (llb) => llb.file([], [symlink('/a', '../../x', { owner: { user: user(3) } }), symlink('b', '/a')]) },
  { name: 'rm of a file, a folder and a link', build: (llb) => llb.file([tree(llb)], [rm('/d/a.txt'), rm('/d/sub'), rm('/l')]) },
  { name: 'rm by wildcard', build: (llb) => llb.file([tree(llb)], [rm('/d/*.txt', { allowWildcard: true }), rm('/x*', { allowWildcard: true })]) },
  { name: 'rm of what is not there, where it may not be', build: (llb) => llb.file([tree(llb)], [rm('/none', { allowNotFound: true })]) },
  { name: 'rm of what is not there', build: (llb) => llb.file([tree(llb)], [rm('/none')]), fails: /no such file or directory|not found|none/ },
  { name: 'copy of a file to a name and into a folder', build: (llb) => onto(llb, tree(llb), copy('/d/a.txt', '/base/n'), copy('/d/b.md', '/base/')) },
  { name: 'copy of a folder, and of what is in it', build: (llb) => onto(llb, tree(llb), copy('/d', '/whole', { createDestPath: true }), copy('/d', '/base'), copy('/d', '/in', { dirCopyContents: true, createDestPath: true })) },
  { name: 'copy by wildcard', build: (llb) => onto(llb, tree(llb), copy('/d/*.txt', '/w/', { allowWildcard: true, createDestPath: true }), copy('/d/*.c', '/w/', { allowWildcard: true, allowEmptyWildcard: true, createDestPath: true })) },
  { name: 'copy by a wildcard that matches nothing', build: (llb) => onto(llb, tree(llb), copy('/d/*.c', '/w/', { allowWildcard: true, createDestPath: true })), fails: /not found|no such|\*\.c/ },
  { name: 'copy of what is not there', build: (llb) => onto(llb, tree(llb), copy('/none', '/w')), fails: /not found|no such file/ },
  { name: 'copy with patterns', hasFoldersOfNow: true, build: (llb) => onto(llb, tree(llb), copy('/d', '/p', { dirCopyContents: true, createDestPath: true, includePatterns: ['**/*.txt'], excludePatterns: ['a*'] })) },
  { name: 'copy through links', build: (llb) => onto(llb, tree(llb), copy('/l/a.txt', '/x'), copy('/d/link', '/kept'), copy('/d/link', '/followed', { followSymlink: true }), copy('/l', '/folder', { followSymlink: true, dirCopyContents: true, createDestPath: true })) },
  { name: 'copy with a mode', build: (llb) => onto(llb, tree(llb), copy('/d', '/m', { createDestPath: true, mode: 0o705 }), copy('/d', '/s', { createDestPath: true, mode: 0, modeStr: 'u=rwX,go=rX' })) },
  { name: 'copy with owners by name, of two inputs', build: (llb) => llb.file([llb.file([], [mkdir('/etc'), mkfile('/etc/passwd', 'u:x:11:12::/:\n')]), tree(llb), llb.file([], [mkdir('/etc'), mkfile('/etc/group', 'g:x:13:\n')])], [copy('/d', '/o', { createDestPath: true, owner: { user: user({ name: 'u', input: 0n }), group: user({ name: 'g', input: 2n }) } }), copy('/d/a.txt', '/p', { owner: { user: user({ name: 'u', input: 0n }) } }), copy('/d/a.txt', '/q', { owner: { group: user(4) } })]) },
  { name: 'copy where the way has to be made and may not', build: (llb) => onto(llb, tree(llb), copy('/d/a.txt', '/no/where/x')), fails: /no such file or directory|\/no/ },
  { name: 'copy that takes the place of what is there', build: (llb) => llb.file([llb.file([], [mkdir('/t'), mkdir('/t/a.txt'), mkfile('/t/a.txt/deep', 'x'), mkfile('/t/sub', 'file')]), tree(llb)], [copy('/d', '/t', { dirCopyContents: true, alwaysReplaceExistingDestPaths: true })]) },
  { name: 'copy of a file onto a folder', build: (llb) => llb.file([llb.file([], [mkdir('/t'), mkdir('/t/a.txt')]), tree(llb)], [copy('/d', '/t', { dirCopyContents: true })]), fails: /directory/ },
  { name: 'actions that stand on results of others', build: (llb) => llb.file([tree(llb)], [{ ...mkfile('/one', '1'), output: -1n }, { ...mkfile('/two', '2'), input: -1n, output: -1n }, { ...copy('/two', '/from-two'), input: 1n, secondaryInput: 2n, output: 0n }]) },
  { name: 'the second output of actions', build: (llb) => output(llb.file([], [{ ...mkfile('/one', '1'), output: 0n }, { ...mkfile('/two', '2'), input: 0n, output: 1n }]), 1) },
]

const LAYERS: readonly LlbCase[] = [
  { name: 'a merge', build: (llb) => merge(llb, [tree(llb), llb.file([], [mkdir('/d', { mode: 0o700 }), mkfile('/d/a.txt', 'over')]), llb.file([], [mkfile('/z', 'z')])]) },
  { name: 'a difference', build: (llb) => diff(llb, tree(llb), llb.file([tree(llb)], [mkfile('/d/new', 'n'), mkfile('/d/a.txt', 'changed')])) },
  { name: 'a difference that removes, merged onto another', build: (llb) => merge(llb, [llb.file([], [mkdir('/d'), mkfile('/d/a.txt', 'other'), mkfile('/d/keep', 'k')]), diff(llb, tree(llb), llb.file([tree(llb)], [rm('/d/a.txt'), mkfile('/n', 'n')]))]) },
  { name: 'a difference to nothing', build: (llb) => diff(llb, undefined, tree(llb)) },
  { name: 'a difference between strangers', build: (llb) => diff(llb, llb.file([], [mkfile('/same', 's'), mkfile('/x', '1')]), llb.file([], [mkfile('/same', 's'), mkfile('/x', '2'), mkfile('/y', 'y')])) },
]

const PROCESSES: readonly LlbCase[] = [
  { name: 'a process that writes', build: (llb) => wrote(llb, 'echo hello > /tmp/x; chmod 640 /tmp/x; mkdir /tmp/d') },
  { name: 'a process that fails', build: (llb) => wrote(llb, 'exit 3'), fails: /did not complete successfully: exit code: 3/ },
  { name: 'a process that may fail', build: (llb) => wrote(llb, 'echo x > /tmp/x; exit 3', { meta: { validExitCodes: [3] } }) },
  { name: 'a process that may not succeed', build: (llb) => wrote(llb, 'true', { meta: { validExitCodes: [3] } }), fails: /exit code: 0/ },
  { name: 'a root that cannot be written to', build: (llb) => wrote(llb, '(echo x > /no) 2>/dev/null || echo readonly > /tmp/x') },
  { name: 'a part of an input, and one that cannot be changed', build: (llb) => wrote(llb, 'cp -r /in/. /tmp/; (echo x > /in/x) 2>/dev/null || echo no > /tmp/no', { inputs: [tree(llb)], mounts: [{ input: 1n, selector: 'd/sub', dest: '/in', output: -1n, readonly: true }] }) },
  { name: 'an input that can be written to, in vain', build: (llb) => wrote(llb, 'echo x > /in/d/new; ls /in/d > /tmp/list', { inputs: [tree(llb)], mounts: [{ input: 1n, dest: '/in', output: -1n, contentCache: MountContentCache.OFF }] }) },
  { name: 'an output that is the input, since nobody could write', build: (llb) => output(run(llb, [shell(llb), tree(llb)], 'true', { mounts: [ROOT, { input: 1n, dest: '/in', output: 1n, readonly: true }] }), 1) },
  { name: 'one of several outputs', build: (llb) => output(run(llb, [shell(llb), tree(llb)], 'echo one > /one/x; echo two > /in/d/two; touch -d @1704067200 /in/d/two /in/d', { mounts: [ROOT, { input: -1n, dest: '/one', output: 1n }, { input: 1n, dest: '/in', output: 2n }] }), 2) },
  { name: 'a folder in memory, and one that is kept', build: (llb) => wrote(llb, 'mount | grep -c " /mem type tmpfs" > /tmp/x; ls -A /cache > /tmp/cache; echo x > /cache/x', { mounts: [{ input: -1n, dest: '/mem', output: -1n, mountType: MountType.TMPFS, TmpfsOpt: { size: 1_048_576n } }, { input: -1n, dest: '/cache', output: -1n, mountType: MountType.CACHE, cacheOpt: { ID: 'llb-case' } }] }) },
  { name: 'secrets as file and variable', build: (llb) => wrote(llb, 'cp /s /tmp/s; stat -c %a:%u /s > /tmp/mode; echo $TOKEN $NONE > /tmp/env', { mounts: [{ input: -1n, dest: '/s', output: -1n, mountType: MountType.SECRET, secretOpt: { ID: 'token', uid: 4, mode: 0o440 } }], op: { secretenv: [{ ID: 'token', name: 'TOKEN' }, { ID: 'none', name: 'NONE', optional: true }] } }) },
  { name: 'a secret that is not there', build: (llb) => wrote(llb, 'true', { mounts: [{ input: -1n, dest: '/s', output: -1n, mountType: MountType.SECRET, secretOpt: { ID: 'none' } }] }), fails: /none.*not found|not found.*none/ },
  { name: 'what a process is told', build: (llb) => wrote(llb, 'hostname > /tmp/h; grep -c "1.2.3.4" /etc/hosts > /tmp/hosts; ulimit -n > /tmp/n; echo $PATH $http_proxy $A > /tmp/env; pwd > /tmp/cwd', { meta: { hostname: 'here', extraHosts: [{ Host: 'there', IP: '1.2.3.4' }], ulimit: [{ Name: 'nofile', Soft: 100n, Hard: 200n }], env: ['A=b'], cwd: '/etc', proxyEnv: { httpProxy: 'http://proxy' } } }) },
  { name: 'a process of a user', build: (llb) => wrote(llb, 'id -u > /tmp/x; id -g >> /tmp/x', { meta: { user: 'ann:team' }, mounts: [{ input: -1n, dest: '/own', output: -1n, mountType: MountType.TMPFS }] }), fails: /exit code: 1/ },
  { name: 'a user that is not there', build: (llb) => wrote(llb, 'true', { meta: { user: 'nobody' } }), fails: /nobody/ },
  { name: 'folders that were made for a mount, which stay', hasFoldersOfNow: true, build: (llb) => run(llb, [llb.file([shell(llb)], [rm('/tmp')])], 'true', { meta: { removeMountStubsRecursive: false }, mounts: [ROOT, { input: -1n, dest: '/a/b/c', output: -1n, mountType: MountType.TMPFS }] }) },
  { name: 'folders that were made for a mount, which go', hasFoldersOfNow: true, build: (llb) => run(llb, [llb.file([shell(llb)], [rm('/tmp')])], 'true', { mounts: [ROOT, { input: -1n, dest: '/a/b/c', output: -1n, mountType: MountType.TMPFS }] }) },
  { name: 'a process over nothing', build: (llb) => run(llb, [shell(llb)], '[ -e /proc/self ]', { mounts: [{ ...ROOT, input: -1n }] }), fails: /\/bin\/sh/ },
]

const SOURCES: readonly LlbCase[] = [
  { name: 'a folder of the client', build: (llb) => llb.source('local://src') },
  { name: 'a folder by what to include', build: (llb) => llb.source('local://src', { 'local.includepattern': '["**/*.txt"]' }) },
  { name: 'a folder by what to exclude', build: (llb) => llb.source('local://src', { 'local.excludepatterns': '["*.txt","!keep.txt"]', 'local.differ': 'none' }) },
  { name: 'a folder by the paths that are followed', build: (llb) => llb.source('local://src', { 'local.followpaths': '["link"]' }) },
  { name: 'a folder that the client has not got', build: (llb) => llb.source('local://none'), fails: /none/ },
  { name: 'a source of no kind', build: (llb) => llb.source('ftp://example.com'), fails: /ftp/ },
]

/** A definition in a file of a result. */
function inner(llb: Llb, path: string, root: LlbRef, made: Llb): LlbRef {
  return llb.file([], [mkfile(path, '', { data: toBinary(DefinitionSchema, made.define(root)) })])
}

function build(llb: Llb, from: LlbRef, attrs: Readonly<Record<string, string>> = {}): LlbRef {
  return llb.add({ op: { case: 'build', value: { builder: -1n, inputs: { 'buildkit.llb.definition': { input: 0n } }, attrs: { ...attrs } } } }, [from])
}

const INNER: readonly LlbCase[] = [
  { name: 'a graph that another one makes', build: (llb) => { const made = createLlb(); return llb.file([build(llb, inner(llb, '/buildkit.llb.definition', tree(made), made))], [mkfile('/outer', 'o')]) } },
  { name: 'a graph in a file of another name, which makes one more', build: (llb) => { const [made, more] = [createLlb(), createLlb()]; return build(llb, inner(llb, '/graph', build(made, inner(made, '/buildkit.llb.definition', wrote(more, 'echo deep > /tmp/x'), more)), made), { 'llbbuild.filename': 'graph' }) } },
  { name: 'a graph that is not there', build: (llb) => build(llb, tree(llb)), fails: /buildkit\.llb\.definition/ },
  { name: 'a graph that is none', build: (llb) => build(llb, llb.file([], [mkfile('/buildkit.llb.definition', 'none')])), fails: /proto|definition/ },
]

const BROKEN: readonly LlbCase[] = [
  { name: 'a graph without an op', build: tree, damage: (definition) => ({ ...definition, def: definition.def.slice(-1) }), fails: /invalid/ },
  { name: 'a graph that lacks an input', build: (llb) => llb.file([tree(llb)], [mkfile('/x')]), damage: (definition) => ({ ...definition, def: definition.def.slice(1) }), fails: /missing input digest/ },
  { name: 'a process without a root', build: (llb) => run(llb, [shell(llb)], 'true', { mounts: [{ ...ROOT, dest: '/x' }] }), fails: /no rootfs/ },
  { name: 'a process without words', build: (llb) => run(llb, [shell(llb)], '', { meta: { args: [] } }), fails: /no args/ },
  { name: 'a file op without outputs', build: (llb) => llb.file([], [{ ...mkfile('/a'), output: -1n }]), fails: /no outputs/ },
]

export const LLB_CASES: readonly LlbCase[] = [...FILES, ...LAYERS, ...PROCESSES, ...SOURCES, ...INNER, ...BROKEN]

export function definitionOf({ build, damage }: LlbCase): Definition {
  const llb = createLlb()
  const definition = llb.define(build(llb))
  return damage === undefined ? definition : damage(definition)
}
