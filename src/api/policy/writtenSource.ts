import { DEFAULT_FILE_MODE, type HttpSource, type Source } from '../../graph/vertex.ts'

/** A source as LLB writes it: `docker-image://…`, `https://…`, with attributes such as `http.checksum`. */
export interface WrittenSource {
  readonly identifier: string
  readonly attributes: ReadonlyMap<string, string>
}

/** As in `solver/pb/attr.go`; what says no more than the default is left out, and whose session it is. */
export function writeSource(source: Source): WrittenSource {
  switch (source.kind) {
    case 'image':
      return written(`docker-image://${source.reference}`, {})
    case 'image-blob': {
      const { place, sessionId, digest } = source
      return written(`${sessionId === undefined ? 'docker-image' : 'oci-layout'}+blob://${place}@${digest}`, writeFile(source))
    }
    case 'local': {
      const { includePatterns, excludePatterns, followPaths, sharedKeyHint } = source
      const lists = { 'local.includepattern': listText(includePatterns), 'local.excludepatterns': listText(excludePatterns), 'local.followpaths': listText(followPaths) }
      return written(`local://${source.name}`, { ...lists, 'local.sharedkeyhint': sharedKeyHint })
    }
    case 'http': {
      const { checksum = '', authHeaderSecret, headers = {} } = source
      return written(source.url, { 'http.checksum': checksum, ...writeFile(source), 'http.authheadersecret': authHeaderSecret, ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [`http.header.${name}`, value])) })
    }
    case 'git': {
      const { remote, ref, folder, checksum, keepGitFolder, submodules, mtime, fetchByCommit } = source
      const fragment = folder === '' ? ref : `${ref}:${folder}`
      return written(`git://${remote.replace(/^[a-z+]+:\/\//i, '')}${fragment === '' ? '' : `#${fragment}`}`, {
        'git.fullurl': remote,
        'git.checksum': checksum,
        'git.keepgitdir': flagText(keepGitFolder),
        'git.skipsubmodules': flagText(!submodules),
        'git.mtime': mtime === 'checkout' ? '' : mtime,
        'git.fetchbycommit': flagText(fetchByCommit),
        'git.authheadersecret': source.authHeaderSecret,
        'git.authtokensecret': source.authTokenSecret,
        'git.knownsshhosts': source.knownSshHosts,
        'git.mountsshsock': source.sshAgent,
      })
    }
  }
}

function written(identifier: string, attributes: Readonly<Record<string, string>>): WrittenSource {
  return { identifier, attributes: new Map(Object.entries(attributes).filter(([, value]) => value !== '')) }
}

/** LLB's attributes are texts. */
function listText(list: readonly string[]): string {
  return list.length === 0 ? '' : JSON.stringify(list)
}

function writeFile({ filename, mode, uid, gid }: Pick<HttpSource, 'filename' | 'mode' | 'uid' | 'gid'>): Readonly<Record<string, string>> {
  return { 'http.filename': filename, 'http.perm': mode === DEFAULT_FILE_MODE ? '' : `0${mode.toString(8)}`, 'http.uid': numberText(uid), 'http.gid': numberText(gid) }
}

function numberText(value: number): string {
  return value === 0 ? '' : String(value)
}

function flagText(isSet: boolean): string {
  return isSet ? 'true' : ''
}
