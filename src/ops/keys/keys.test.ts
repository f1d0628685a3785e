import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CopyAction, ExecOp, FileAction } from '../../graph/vertex.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { rootKey } from '../../solver/cacheKey.ts'
import { execDigest, stepTimeKey } from './execDigest.ts'
import { fileDigest } from './fileDigest.ts'

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const ROOT = { kind: 'bind', input: 0, selector: '', target: '/', readonly: false, isOutput: true } as const

function run(command: string, change: Partial<ExecOp> = {}): ExecOp {
  return { kind: 'exec', argv: ['/bin/sh', '-c', command], env: [PATH, 'A=b'], cwd: '/', user: '', proxyEnv: [], mounts: [ROOT], network: 'none', security: 'sandbox', hostname: '', extraHosts: [], ulimits: [], shmSizeBytes: 0, cgroupParent: '', ...change }
}

function copy(source: string, target: string): CopyAction {
  const flags = { followSymlinks: true, copyFolderContents: true, unpackArchives: false, createTargetPath: true, allowWildcard: true, allowEmptyWildcard: true, replacesTargets: false }
  const patterns = { includePatterns: [], excludePatterns: [], requiredPaths: [] }
  return { kind: 'copy', base: { kind: 'input', index: 0 }, from: { kind: 'input', index: 1 }, output: 0, source, target, owner: undefined, mode: undefined, timestampNs: undefined, ...flags, ...patterns }
}

const workdir: FileAction = { kind: 'mkdir', base: { kind: 'input', index: 0 }, output: 0, path: '/src', mode: 0o755, makeParents: true, owner: undefined, timestampNs: undefined }

/** What BuildKit 0.26 wrote into a cache for the same steps. A change of these is a change of every cache key in use. */
describe('the digests of steps', () => {
  const amd64 = parsePlatform('linux/amd64')
  const execs: readonly { readonly name: string; readonly exec: ExecOp; readonly key: string }[] = [
    { name: 'RUN', exec: run('echo one > /one'), key: 'sha256:6d73d04d36cbfe9aea517dd67ba97f4903591940a6f751b2185d46fcb31eab31' },
    { name: 'RUN with a cache mount', exec: run('echo two > /two', { mounts: [ROOT, { kind: 'cache', input: undefined, selector: '', target: '/c', readonly: false, cacheId: '/c (linux/amd64)', sharing: 'shared' }] }), key: 'sha256:70c32d2918dfdeb25f44de2ae2d7c88e115b043d340bd0c33de538b86fbe033f' },
    { name: 'RUN with a bind mount', exec: run('cat /m/a > /three', { mounts: [ROOT, { kind: 'bind', input: 1, selector: 'src', target: '/m', readonly: true, isOutput: false }] }), key: 'sha256:be6b2cc6fe9c87ff206e8e2d7a1b67de7e2589ea08f7c1ee263908e4b9c69ac6' },
  ]
  it('are Pelago\'s own for RUN with native twins, and new with each version of these', () => {
    assert.equal(execDigest(run('echo one > /one', { twins: { mode: 'tools', input: 1 } }), amd64), 'sha256:825037ab9765973eac67fa315d3b2704152bd473ffe5962414f97cd21057ceea')
  })
  it('are others with a toolchain', () => {
    const twins = { mode: 'tools', input: 1 } as const
    assert.notEqual(execDigest(run('make', { twins: { ...twins, toolchain: 2 } }), amd64), execDigest(run('make', { twins }), amd64))
  })
  for (const { name, exec, key } of execs) it(`are BuildKit's for ${name}`, () => assert.equal(rootKey(execDigest(exec, amd64), 0), key))

  const files: readonly { readonly name: string; readonly action: FileAction; readonly inputs: number; readonly key: string }[] = [
    { name: 'WORKDIR', action: workdir, inputs: 1, key: 'sha256:57a5ab45ee83a930675514d2528c657cf1d5e669475f33931afc0e7c848c0e34' },
    { name: 'COPY', action: copy('/src', '/src/'), inputs: 2, key: 'sha256:692d4f6f8ebd72d0c9fc8c73c4f82d56e502900da64c5a402250ebe7b118a798' },
    { name: 'COPY --from', action: copy('/out', '/bin/out'), inputs: 2, key: 'sha256:adca5e0c3e499ed3aaadf0406db27382868df87abd222f55fbcf71283433c50e' },
  ]
  for (const { name, action, inputs, key } of files) it(`are BuildKit's for ${name}`, () => assert.equal(rootKey(fileDigest([action], inputs, (input) => input === 1), 0), key))

  it('tell apart what is not told by the actions alone', () => {
    const other: CopyAction = { ...copy('/src', '/src/'), base: { kind: 'scratch' } }
    assert.notEqual(fileDigest([other], 2, () => true), fileDigest([copy('/src', '/src/')], 2, () => true))
    assert.notEqual(fileDigest([copy('/a/x', '/')], 2, () => false), fileDigest([copy('/b/x', '/')], 2, () => false))
    assert.equal(fileDigest([copy('/a/x', '/')], 2, () => true), fileDigest([copy('/b/x', '/')], 2, () => true))
    const own = { kind: 'cache', input: undefined, selector: '', target: '/c', readonly: false, cacheId: 'mine', sharing: 'locked' } as const
    assert.equal(execDigest(run('a', { mounts: [ROOT, own] }), amd64), execDigest(run('a', { mounts: [ROOT, { ...own, cacheId: 'other', sharing: 'private' }] }), amd64), 'how a cache is shared does not count')
    for (const change of [{ twins: { mode: 'tools', input: 1 } }, { twins: { mode: 'verify', input: 1 } }, { env: [] }, { user: 'a' }, { network: 'default' }, { security: 'insecure' }, { shmSizeBytes: 1 }, { hostname: 'h' }, { cwd: '/x' }, { secretEnv: [{ name: 'A', secretId: 'b', isOptional: false }] }] as const) {
      assert.notEqual(execDigest(run('a', change), amd64), execDigest(run('a'), amd64), JSON.stringify(change))
    }
    assert.equal(stepTimeKey(run('a', { twins: { mode: 'tools', input: 1 } }), amd64), execDigest(run('a'), amd64), 'times are compared with twins and without')
    assert.notEqual(execDigest(run('a'), parsePlatform('linux/arm64')), execDigest(run('a'), amd64))
  })
})
