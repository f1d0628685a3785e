import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { digestOf } from '../../src/ground/digest.ts'
import { buildFiles } from '../support/images/builtFiles.ts'
import { startFileServer, type FileServer } from '../support/servers/fileServer.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { parseSteps } from '../support/engine/rawProgress.ts'
import { missing } from '../support/requires.ts'
import { describeFile, listTree, tool } from '../support/images/unpackedImage.ts'

const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`

describe('ADD of a URL', { skip: missing('tar', 'crun'), concurrency: false }, () => {
  let server: FileServer
  let pelago: Pelago
  before(async () => {
    server = await startFileServer()
    pelago = await openPelago()
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    server.files.clear()
    server.log.length = 0
  })

  const dockerfile = (lines: readonly string[]): string => lines.join('\n').replaceAll('URL', server.url)
  async function build(lines: readonly string[], ...args: readonly string[]): Promise<string> {
    const context = await pelago.context({ local: 'local' })
    return await buildFiles(pelago, ['-f', '-', ...args, context], { input: dockerfile(lines) })
  }
  async function fail(lines: readonly string[]): Promise<string> {
    const context = await pelago.context({ local: 'local' })
    const { exitCode, stderr } = await pelago.run(['build', '--progress', 'plain', '-f', '-', context], { input: dockerfile(lines) })
    assert.notEqual(exitCode, 0, stderr)
    return stderr
  }

  it('brings the file with the time of the server, for root alone, under the name of the URL', async () => {
    server.files.set('/dir/a%20b.txt?x=1', { content: 'text' })
    server.files.set('/', { content: 'root' })
    const root = await build(['FROM scratch', 'ADD URL/dir/a%20b.txt?x=1 /to/', 'ADD URL/dir/a%20b.txt?x=1 /file', 'ADD --chmod=644 --chown=3:4 local URL/ /all/'])
    assert.equal(describeFile(join(root, 'to/a b.txt')), `file 600 ${owner} "text"`)
    assert.equal(describeFile(join(root, 'file')), `file 600 ${owner} "text"`)
    assert.equal(statSync(join(root, 'file')).mtime.toISOString(), '2025-01-01T10:00:00.000Z')
    assert.match(describeFile(join(root, 'all/__unnamed__')), /^file 644 .* "root"$/)
    assert.match(describeFile(join(root, 'all/local')), /^file 644 .* "local"$/)
  })

  it('unpacks an archive where it is told to, and only there', async () => {
    const folder = await pelago.context({ 'in/file': 'packed' })
    await tool('tar', '-cf', join(folder, 'x.tar'), '-C', folder, 'in')
    const archive = gzipSync(await tool('tar', '-cf', '-', '-C', folder, 'in'))
    server.files.set('/x.tgz', { content: archive })
    const root = await build(['FROM scratch', 'ADD --unpack=true URL/x.tgz /unpacked/', 'ADD URL/x.tgz /packed/'])
    assert.match(describeFile(join(root, 'unpacked/in/file')), /"packed"$/)
    assert.deepEqual(listTree(join(root, 'packed')).map((line) => line.split(' ')[0]), ['x.tgz'])
  })

  it('asks whether the file has changed, and downloads it again only then', async () => {
    const lines = ['FROM scratch', 'ADD URL/file /file']
    server.files.set('/file', { content: 'one' })
    await build(lines)
    await build(lines)
    server.files.set('/file', { content: 'two' })
    const root = await build(lines)
    assert.deepEqual(server.log, ['GET /file 200', 'GET /file 304', 'GET /file 200'])
    assert.match(describeFile(join(root, 'file')), /"two"$/)
  })

  it('finds what is unchanged in the cache, and downloads for several platforms once', async () => {
    server.files.set('/file', { content: 'same' })
    const context = await pelago.context({ Dockerfile: dockerfile(['FROM scratch', 'ADD URL/file /file']) })
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '-o', 'type=cacheonly', context])
    const { stderr } = await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '--progress', 'rawjson', '-o', 'type=cacheonly', context])
    assert.deepEqual(parseSteps(stderr), { executed: [], cached: ['[linux/amd64 1/1] ADD URL/file /file'.replace('URL', server.url)] })
    assert.deepEqual(server.log, ['GET /file 200', 'GET /file 304'])
  })

  it('with a checksum asks nobody for what is here, and refuses what has another', async () => {
    server.files.set('/file', { content: 'good' })
    const right = ['FROM scratch', `ADD --checksum=${digestOf('good')} URL/file /file`]
    await build(right)
    await build(right)
    assert.deepEqual(server.log, ['GET /file 200'])
    const said = await fail(['FROM scratch', `ADD --checksum=${digestOf('other')} URL/file /wrong`])
    assert.match(said, new RegExp(`digest mismatch: it is ${digestOf('good')}, expected ${digestOf('other')}`))
    assert.match(said, /2 \| >>> ADD --checksum/)
  })

  it('goes on where the connection broke, follows redirects, and asks an overloaded server again', async () => {
    const content = 'x'.repeat(300_000)
    server.files.set('/broken', { content, drops: [100_000, 50_000] })
    server.files.set('/moved', { content: '', redirect: '/broken' })
    server.files.set('/busy', { content: 'late', failures: [503, 429] })
    const root = await build(['FROM scratch', 'ADD URL/moved URL/busy /'])
    assert.equal(statSync(join(root, 'moved')).size, content.length)
    assert.deepEqual(server.log.filter((line) => line.includes('broken')), ['GET /broken 200', 'GET /broken 206', 'GET /broken 206'])
    assert.equal(server.log.filter((line) => line.includes('busy')).length, 3)
  })

  it('gives the server the header that is a secret of the client', async () => {
    server.files.set('/private', { content: 'private', authorization: 'Bearer s3cret' })
    await writeFile(join(pelago.folder, 'token'), 's3cret')
    const root = await build(['FROM scratch', 'ADD URL/private /file'], '--secret', `id=HTTP_AUTH_TOKEN_127.0.0.1,src=${join(pelago.folder, 'token')}`)
    assert.match(describeFile(join(root, 'file')), /"private"/)
    assert.match(await fail(['FROM scratch', 'ADD URL/private /other']), /HTTP status 401[^]*hint: give the server a header by a secret/)
  })

  it('says what the server said, at the line, and hides what is secret', async () => {
    const said = await fail(['FROM scratch', 'ADD URL/none /file'.replace('http://', 'http://').replace('URL', server.url.replace('//', '//user:hidden@'))])
    assert.match(said, /xxxxx:xxxxx@127\.0\.0\.1:\d+\/none: the server answered with HTTP status 404 \(not found\)/)
    assert.match(said, /2 \| >>> ADD/)
    assert.doesNotMatch(said.replace(/^.*>>> .*$/gm, ''), /hidden/)
    assert.match(await fail(['FROM scratch', 'COPY URL/none /file']), /source can't be a URL for COPY/)
    assert.match(await fail(['FROM scratch', `ADD --checksum=${digestOf('')} local /file`]), /checksum requires HTTP\(S\) or Git sources/)
  })
})
