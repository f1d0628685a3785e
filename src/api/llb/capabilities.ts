/**
 * What of LLB is understood, by BuildKit's names (`solver/pb/caps.go`): what clients are told, and what an op may ask
 * for. Each stands beside what has it done.
 */
const BY_PLACE: Readonly<Record<string, readonly string[]>> = {
  'api/llb/mapSource': [
    'source.image', 'source.image.resolvemode', 'source.image.layerlimit', 'source.image.checksum', 'source.imageblob',
    'source.local', 'source.local.unique', 'source.local.sessionid', 'source.local.includepatterns', 'source.local.followpaths', 'source.local.excludepatterns', 'source.local.sharedkeyhint', 'source.local.differ',
    'source.git', 'source.git.keepgitdir', 'source.git.fullurl', 'source.git.httpauth', 'source.git.knownsshhosts', 'source.git.mountsshsock', 'source.git.subdir', 'source.git.checksum', 'source.git.skipsubmodules', 'source.git.mtime', 'source.git.fetchbycommit',
    'source.http', 'source.http.checksum', 'source.http.perm', 'soruce.http.uidgid', /* [sic] */ 'source.http.auth', 'source.http.header',
    'source.ocilayout',
  ],
  'api/llb/mapExec': [
    'exec.meta.base', 'exec.meta.network', 'exec.meta.proxyenv', 'exec.meta.security', 'exec.meta.setsdefaultpath', 'exec.meta.ulimit', 'exec.meta.removemountstubs.recursive', 'exec.meta.cdi',
    'exec.mount.bind', 'exec.mount.bind.readwrite-nooutput', 'exec.mount.cache', 'exec.mount.cache.sharing', 'exec.mount.selector', 'exec.mount.tmpfs', 'exec.mount.tmpfs.size', 'exec.mount.secret', 'exec.mount.ssh', 'exec.mount.cache.content',
    'exec.secretenv', 'exec.validexitcode',
  ],
  'api/llb/mapFile': ['file.base', 'file.rm.wildcard', 'file.rm.nofollowsymlink', 'file.copy.includeexcludepatterns', 'file.copy.alwaysreplaceexistingdestpaths', 'file.copy.modestring', 'file.symlink.create'],
  'api/llb/mapOp': ['source.buildop.llbfilename', 'platform', 'mergeop', 'diffop'],
  'api/llb/workerFilter': ['constraints'],
  'api/llb/opMetadata': ['meta.ignorecache', 'meta.description', 'meta.exportcache'],
  'api/policy/sourcePolicy': ['source.policy'],
  'engine/build/solve': ['exporter.multiple', 'exporter.sourcedateepoch', 'exporter.image.annotations', 'exporter.image.attestations'],
}

/** What a `Control.Solve` or a definition may ask for. */
export const LLB_CAPS: ReadonlySet<string> = new Set(Object.values(BY_PLACE).flat())
