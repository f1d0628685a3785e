import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCommand } from '../pelago.ts'

/** Real repositories, served by git's own `http-backend` on loopback. */
export interface GitServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`: a repository is at `<url>/<name>.git` */
  readonly url: string
  /** What was asked for: `GET /name.git/info/refs`. */
  readonly log: string[]
  /** The header `Authorization` without which all is refused. */
  authorization: string | undefined
  /** Writes files into a repository, which is made where there is none, and gives the commit. */
  commit(name: string, files: Readonly<Record<string, string>>, message?: string): Promise<string>
  /** Runs git in the working copy of a repository. */
  git(name: string, ...args: string[]): Promise<string>
  /** The folder of the bare repositories. */
  readonly folder: string
}

const IDENTITY = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.com', '-c', 'protocol.file.allow=always', '-c', 'init.defaultBranch=main']
const WHEN = '2024-02-03T04:05:06Z'

export async function startGitServer(): Promise<GitServer> {
  const base = await mkdtemp(join(tmpdir(), 'pelago-git-'))
  const folder = join(base, 'bare')
  await mkdir(folder)
  const log: string[] = []
  const state: { authorization: string | undefined } = { authorization: undefined }
  const server = createServer((request, response) => {
    log.push(`${request.method} ${(request.url ?? '').split('?')[0]}`)
    if (state.authorization !== undefined && request.headers.authorization !== state.authorization) response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    else serve(folder, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const work = (name: string): string => join(base, 'work', name)
  const run = async (cwd: string, ...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCommand(['git', ...IDENTITY, ...args], { cwd, env: { PATH: process.env['PATH'], HOME: base, GIT_AUTHOR_DATE: WHEN, GIT_COMMITTER_DATE: WHEN, GIT_CONFIG_NOSYSTEM: '1' } })
    if (exitCode !== 0) throw new Error(`git ${args.join(' ')} exited with ${exitCode}: ${stderr}`)
    return stdout.trim()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    folder,
    get authorization() {
      return state.authorization
    },
    set authorization(value) {
      state.authorization = value
    },
    git: (name, ...args) => run(work(name), ...args),
    async commit(name, files, message = 'a change') {
      const place = work(name)
      const bare = join(folder, `${name}.git`)
      if ((await runCommand(['test', '-d', place])).exitCode !== 0) {
        await mkdir(place, { recursive: true })
        await run(place, 'init', '--quiet')
        await run(place, 'init', '--quiet', '--bare', bare)
        await run(place, 'remote', 'add', 'origin', bare)
      }
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(place, path)), { recursive: true })
        await writeFile(join(place, path), content)
      }
      await run(place, 'add', '--all')
      await run(place, 'commit', '--quiet', '--allow-empty', '-m', message)
      await run(place, 'push', '--quiet', 'origin', 'HEAD')
      return await run(place, 'rev-parse', 'HEAD')
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(base, { recursive: true, force: true })
    },
  }
}

/** By the rules of CGI: RFC 3875. */
function serve(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const env = {
    PATH: process.env['PATH'],
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    REQUEST_METHOD: request.method,
    PATH_INFO: path,
    QUERY_STRING: query,
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
  }
  const program = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  program.stdin.on('error', () => undefined)
  request.pipe(program.stdin)
  let head = Buffer.alloc(0)
  let isStarted = false
  program.stdout.on('data', (chunk: Buffer) => {
    if (isStarted) return void response.write(chunk)
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    isStarted = true
    const headers = head.subarray(0, end).toString().split('\r\n').map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
    response.writeHead(Number.parseInt(headers.find(([name]) => name === 'Status')?.[1] ?? '200', 10), headers.filter(([name]) => name !== 'Status').flat())
    response.write(head.subarray(end + 4))
  })
  program.stdout.on('end', () => response.end())
}
