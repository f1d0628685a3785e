import { execFileSync } from 'node:child_process'
import { startDockerRegistry } from '../support/registry/dockerRegistry.ts'
import { startFileServer } from '../support/servers/fileServer.ts'
import { startGitServer } from '../support/servers/gitServer.ts'

/** What cases find in the network: a registry, a server of files and one of repositories, on loopback. */
export interface CaseNetwork extends AsyncDisposable {
  /** `127.0.0.1:<port>` of the registry. */
  readonly registry: string
  /** Puts the addresses for REGISTRY, HTTP and GIT into the text of a case. */
  place(text: string): string
}

const LAST_MODIFIED = 'Sat, 02 Mar 2002 03:04:05 GMT'

export async function startCaseNetwork(): Promise<CaseNetwork> {
  await using stack = new AsyncDisposableStack()
  const registry = stack.use(await startDockerRegistry())
  const http = stack.use(await startFileServer())
  const git = stack.use(await startGitServer())
  http.files.set('/hello.txt', { content: 'hello\n', headers: { 'last-modified': LAST_MODIFIED } })
  http.files.set('/undated.txt', { content: 'undated\n' })
  http.files.set('/files.tar', { content: makeArchive(), headers: { 'last-modified': LAST_MODIFIED } })
  await git.commit('repo', { a: 'a\n', 'sub/b': 'b\n', 'sub/deep/c': 'c\n' })
  await git.git('repo', 'tag', 'v1')
  await git.git('repo', 'push', '--quiet', 'origin', 'v1')
  await git.commit('repo', { a: 'changed\n', new: 'new\n' })
  await git.git('repo', 'push', '--quiet', 'origin', 'HEAD:other')
  const held = stack.move()
  return {
    registry: registry.host,
    place: (text) => text.replaceAll('REGISTRY', registry.host).replaceAll('HTTP/', `${http.url}/`).replaceAll('GIT/', `${git.url}/`),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

function makeArchive(): Buffer {
  const script = 'cd "$(mktemp -d)"; mkdir d; echo x > x; echo y > d/y; tar c --sort=name --mtime=2020-01-01 --owner=1 --group=2 --numeric-owner x d; rm -r "$PWD"'
  return execFileSync('sh', ['-euc', script], { env: { PATH: process.env['PATH'] ?? '', TZ: 'UTC' } })
}
