import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { LLB_CAPS } from './capabilities.ts'

/** Where each is put to the test. */
const UNIT = new URL('definition.test.ts', import.meta.url)
const CASES = new URL('../../../test/parity/llbCases.ts', import.meta.url)

/** What a test has to say for a capability to be tried. */
const SIGNS: ReadonlyMap<string, RegExp> = new Map([
  ['source.image', /docker-image:\/\//], ['source.image.resolvemode', /image\.resolvemode/], ['source.image.layerlimit', /image\.layerlimit/], ['source.image.checksum', /image\.checksum/], ['source.imageblob', /docker-image\+blob:\/\//],
  ['source.local', /local:\/\//], ['source.local.unique', /local\.unique/], ['source.local.sessionid', /local\.session/], ['source.local.includepatterns', /local\.includepattern/], ['source.local.followpaths', /local\.followpaths/],
  ['source.local.excludepatterns', /local\.excludepatterns/], ['source.local.sharedkeyhint', /local\.sharedkeyhint/], ['source.local.differ', /local\.differ/],
  ['source.git', /git:\/\//], ['source.git.keepgitdir', /git\.keepgitdir/], ['source.git.fullurl', /git\.fullurl/], ['source.git.httpauth', /git\.authtokensecret/], ['source.git.knownsshhosts', /git\.knownsshhosts/], ['source.git.mountsshsock', /git\.mountsshsock/], ['source.git.subdir', /#main:sub/], ['source.git.checksum', /git\.checksum/], ['source.git.skipsubmodules', /git\.skipsubmodules/], ['source.git.mtime', /git\.mtime/], ['source.git.fetchbycommit', /git\.fetchbycommit/],
  ['source.http', /https:\/\//], ['source.http.checksum', /http\.checksum/], ['source.http.perm', /http\.perm/], ['soruce.http.uidgid', /http\.uid/], ['source.http.auth', /http\.authheadersecret/], ['source.http.header', /http\.header\.accept/], ['source.ocilayout', /oci-layout:\/\//],
  ['exec.meta.base', /args:/], ['exec.meta.network', /network:/], ['exec.meta.proxyenv', /httpProxy/], ['exec.meta.security', /SecurityMode\.INSECURE/], ['exec.meta.setsdefaultpath', /\$PATH/], ['exec.meta.ulimit', /ulimit:/], ['exec.meta.removemountstubs.recursive', /removeMountStubsRecursive/], ['exec.meta.cdi', /cdiDevices:/],
  ['exec.mount.bind', /dest: '\/in'/], ['exec.mount.bind.readwrite-nooutput', /dest: '\/in', output: -1n, contentCache/], ['exec.mount.cache', /MountType\.CACHE/], ['exec.mount.cache.sharing', /sharing: 2/], ['exec.mount.selector', /selector: 'd\/sub'/],
  ['exec.mount.tmpfs', /MountType\.TMPFS/], ['exec.mount.tmpfs.size', /TmpfsOpt: \{ size/], ['exec.mount.secret', /MountType\.SECRET/], ['exec.mount.ssh', /MountType\.SSH/], ['exec.mount.cache.content', /MountContentCache\.OFF/],
  ['exec.secretenv', /secretenv:/], ['exec.validexitcode', /validExitCodes:/],
  ['file.base', /mkfile\(/], ['file.rm.wildcard', /rm\([^)]*allowWildcard/], ['file.rm.nofollowsymlink', /rm\('\/l'\)/], ['file.copy.includeexcludepatterns', /includePatterns:/], ['file.copy.alwaysreplaceexistingdestpaths', /alwaysReplaceExistingDestPaths/], ['file.copy.modestring', /modeStr:/], ['file.symlink.create', /symlink\(/],
  ['source.buildop.llbfilename', /llbbuild\.filename/], ['platform', /platform:/], ['constraints', /constraints:/], ['mergeop', /case: 'merge'/], ['diffop', /case: 'diff'/], ['meta.ignorecache', /ignoreCache: true/], ['meta.description', /llb\.customname/], ['meta.exportcache', /exportCache: \{ Value: false/],
])
/** Of the build around a graph: tested with the exporters and the policies. */
const ELSEWHERE = new Set(['exporter.multiple', 'exporter.sourcedateepoch', 'exporter.image.annotations', 'exporter.image.attestations', 'source.policy'])

describe('what of LLB is claimed', () => {
  const texts = [UNIT, CASES].map((url) => readFileSync(url, 'utf8')).join('\n')
  it('is tried by a test, all of it', () => {
    const untried = [...LLB_CAPS].filter((cap) => !ELSEWHERE.has(cap) && SIGNS.get(cap)?.test(texts) !== true)
    assert.deepEqual(untried, [])
  })
})
