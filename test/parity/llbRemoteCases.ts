import { NetMode, MountType, SecurityMode } from '../../src/api/gen/ops_pb.ts'
import { digestOf } from '../../src/ground/digest.ts'
import type { Llb, LlbRef } from '../support/llb.ts'
import { STORE, type LlbPlaces } from '../support/servers/llbPlaces.ts'
import { wrote } from './llbCases.ts'

/** A graph that takes something from elsewhere. */
export interface LlbRemoteCase {
  readonly name: string
  readonly build: (llb: Llb, places: LlbPlaces) => LlbRef
  /** What both must say, where it cannot be solved. */
  readonly fails?: RegExp
  readonly entitlements?: readonly string[]
}

const elsewhere = digestOf('elsewhere')

/** Both BuildKit and Pelago solve them. */
export const LLB_REMOTE_CASES: readonly LlbRemoteCase[] = [
  { name: 'an image', build: (llb, { image }) => llb.source(`docker-image://${image}`, { 'image.resolvemode': 'pull' }) },
  { name: 'the lowest layers of an image', build: (llb, { image }) => llb.source(`docker-image://${image}`, { 'image.layerlimit': '1' }) },
  { name: 'an image by its digest', build: (llb, { image, digest }) => llb.source(`docker-image://${image}@${digest}`) },
  { name: 'an image that is not there', build: (llb, { image }) => llb.source(`docker-image://${image}x`), fails: /app:1x.*(?:not found|no such image)/ },
  { name: 'an image of a layout', build: (llb, { digest }) => llb.source(`oci-layout://any/name@${digest}`, { 'oci.store': STORE }) },
  { name: 'the lowest layers of an image of a layout', build: (llb, { digest }) => llb.source(`oci-layout://any/name@${digest}`, { 'oci.store': STORE, 'oci.layerlimit': '1' }) },
  { name: 'a layout that the client has not', build: (llb) => llb.source(`oci-layout://any/name@${elsewhere}`, { 'oci.store': 'attic' }), fails: /attic|not found/ },
  { name: 'a repository', build: (llb, { repository }) => git(llb, repository, '#main') },
  { name: 'a folder of a tag', build: (llb, { repository }) => git(llb, repository, '#v1:docs') },
  { name: 'a commit with its history', build: (llb, { repository, commit }) => wrote(llb, 'cat /in/.git/HEAD > /tmp/x', { inputs: [git(llb, repository, `#${commit}`, { 'git.keepgitdir': 'true' })], mounts: [{ input: 1n, dest: '/in', output: -1n, readonly: true }] }) },
  { name: 'a branch that is not where it should be', build: (llb, { repository }) => git(llb, repository, '#main', { 'git.checksum': '0123456789012345678901234567890123456789' }), fails: /expected.*0123456789|0123456789.*expected/ },
  { name: 'a file', build: (llb, { files }) => llb.source(`${files.url}/d/a.txt`) },
  { name: 'a file with a name, a mode and an owner', build: (llb, { files }) => llb.source(`${files.url}/d/a.txt`, { 'http.filename': 'b', 'http.perm': '0755', 'http.uid': '3', 'http.gid': '4', 'http.checksum': digestOf('content') }) },
  { name: 'a file of other content', build: (llb, { files }) => llb.source(`${files.url}/d/a.txt`, { 'http.checksum': elsewhere }), fails: /digest mismatch/ },
  { name: 'a file that is not there', build: (llb, { files }) => llb.source(`${files.url}/none`), fails: /404/ },
  { name: 'a file that wants to be asked in a certain way', build: (llb, { files }) => llb.source(`${files.url}/wants`, { 'http.header.accept': 'text/certain', 'http.header.user-agent': 'mine' }) },
  { name: 'a process over an image', build: (llb, { image }) => wrote(llb, 'cp -r /in/d /tmp/', { inputs: [llb.source(`docker-image://${image}`)], mounts: [{ input: 1n, dest: '/in', output: -1n, readonly: true }] }) },
  { name: 'an agent', build: (llb) => wrote(llb, '[ -S /agent ] && stat -c %a:%u:%g /agent > /tmp/x', { mounts: [{ input: -1n, dest: '/agent', output: -1n, mountType: MountType.SSH, SSHOpt: { ID: 'default', uid: 5, gid: 6, mode: 0o640 } }] }) },
  { name: 'an agent that is not there', build: (llb) => wrote(llb, 'true', { mounts: [{ input: -1n, dest: '/agent', output: -1n, mountType: MountType.SSH, SSHOpt: { ID: 'none' } }] }), fails: /none/ },
  { name: 'an agent that is not there, and need not be', build: (llb) => wrote(llb, '[ -e /agent ] || echo no > /tmp/x', { mounts: [{ input: -1n, dest: '/agent', output: -1n, mountType: MountType.SSH, SSHOpt: { ID: 'none', optional: true } }] }) },
  { name: 'the machine’s network', entitlements: ['network.host'], build: (llb, { files }) => wrote(llb, `wget -q -O /tmp/x ${files.url}/d/a.txt`, { op: { network: NetMode.HOST } }) },
  { name: 'the machine’s network, which the user has not allowed', build: (llb) => wrote(llb, 'true', { op: { network: NetMode.HOST } }), fails: /network.host is not allowed/ },
  { name: 'no network', build: (llb, { files }) => wrote(llb, `wget -q -O /tmp/x ${files.url}/d/a.txt || echo none > /tmp/x`) },
  { name: 'all rights, which the user has not allowed', build: (llb) => wrote(llb, 'true', { op: { security: SecurityMode.INSECURE } }), fails: /security.insecure is not allowed/ },
]

function git(llb: Llb, repository: string, fragment: string, attributes: Readonly<Record<string, string>> = {}): LlbRef {
  return llb.source(`git://${repository.replace('http://', '')}${fragment}`, { 'git.fullurl': repository, ...attributes })
}
