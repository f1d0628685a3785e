import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { buildFiles } from '../support/images/builtFiles.ts'
import { startGitServer, type GitServer } from '../support/servers/gitServer.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { parseSteps } from '../support/engine/rawProgress.ts'
import { missing } from '../support/requires.ts'
import { startSshServer, type SshServer } from '../support/servers/sshServer.ts'
import { describeFile, tool } from '../support/images/unpackedImage.ts'

const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`

describe('ADD of a git repository', { skip: missing('git', 'tar', 'crun'), concurrency: false }, () => {
  let server: GitServer
  let pelago: Pelago
  let first: string
  let second: string
  before(async () => {
    server = await startGitServer()
    pelago = await openPelago()
    first = await server.commit('app', { 'read me': 'one', 'docs/page': 'page one', run: '#!/bin/sh\n' })
    await server.git('app', 'tag', '-a', 'v1', '-m', 'one')
    await server.git('app', 'push', '--quiet', 'origin', 'v1')
    second = await server.commit('app', { 'read me': 'two' })
    await server.git('app', 'push', '--quiet', 'origin', 'HEAD:refs/heads/other/name')
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    server.log.length = 0
  })

  const place = (lines: readonly string[]): string => lines.join('\n').replaceAll('APP', `${server.url}/app.git`).replaceAll('URL', server.url)
  async function build(lines: readonly string[], ...args: readonly string[]): Promise<string> {
    return await buildFiles(pelago, ['-f', '-', ...args, await pelago.context({ local: 'local' })], { input: place(lines) })
  }
  async function fail(lines: readonly string[]): Promise<string> {
    const { exitCode, stderr } = await pelago.run(['build', '--progress', 'plain', '-f', '-', await pelago.context({ local: 'local' })], { input: place(lines) })
    assert.equal(exitCode, 1, stderr)
    return stderr
  }

  it('brings branches, tags, commits and folders, without .git', async () => {
    const root = await build(['FROM scratch', 'ADD APP /head', 'ADD APP#v1 /tag', 'ADD APP#other/name:docs /folder', `ADD APP#${first} /commit`, 'ADD APP?branch=main&subdir=docs /query/', `ADD APP?commit=${first} /checked`])
    assert.equal(describeFile(join(root, 'head/read me')), `file 644 ${owner} "two"`)
    assert.equal(describeFile(join(root, 'tag/read me')), `file 644 ${owner} "one"`)
    assert.deepEqual(readdirSync(join(root, 'folder')), ['page'])
    assert.deepEqual(readdirSync(join(root, 'query')), ['page'])
    assert.match(describeFile(join(root, 'commit/read me')), /"one"/)
    assert.match(describeFile(join(root, 'checked/read me')), /"one"/)
    assert.deepEqual(readdirSync(join(root, 'head')).sort(), ['docs', 'read me', 'run'])
  })

  it('keeps .git where it is asked to, as a repository that git can read', async () => {
    const root = await build(['FROM scratch', 'ADD --keep-git-dir APP#v1 /tag', 'ADD APP?keep-git-dir=true /head'])
    const git = async (folder: string, ...args: string[]): Promise<string> => (await tool('git', '-c', 'safe.directory=*', '-C', join(root, folder), ...args)).trim()
    assert.equal(await git('tag', 'rev-parse', 'HEAD'), first)
    assert.equal(await git('tag', 'describe', '--tags'), 'v1')
    assert.equal(await git('tag', 'status', '--porcelain'), '')
    assert.equal(await git('head', 'rev-parse', 'main'), second)
    assert.equal(await git('head', 'remote', 'get-url', 'origin'), `${server.url}/app.git`)
  })

  it('gives files the time of the commit where it is asked to', async () => {
    const root = await build(['FROM scratch', 'ADD APP?mtime=commit /app'])
    assert.equal(statSync(join(root, 'app/docs/page')).mtime.toISOString(), '2024-02-03T04:05:06.000Z')
  })

  it('asks where a branch leads, and fetches only what is new; asks nobody for a commit that is here', async () => {
    const lines = ['FROM scratch', 'ADD URL/moving.git /app']
    const old = await server.commit('moving', { file: 'one' })
    await build(lines)
    server.log.length = 0
    await build(lines)
    assert.ok(server.log.every((line) => line.startsWith('GET') || line.startsWith('POST')) && server.log.length <= 2, server.log.join('\n')) // the list of refs
    await server.commit('moving', { file: 'two' })
    const root = await build(lines)
    assert.match(describeFile(join(root, 'app/file')), /"two"/)
    server.log.length = 0
    const again = await build(['FROM scratch', `ADD URL/moving.git#${old} /old`])
    assert.match(describeFile(join(again, 'old/file')), /"one"/)
    assert.deepEqual(server.log, [])
  })

  it('is one step for several platforms, and none where nothing has changed', async () => {
    const context = await pelago.context({ Dockerfile: place(['FROM scratch', 'ADD APP#main:docs /app']) })
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '-o', 'type=cacheonly', context])
    const { stderr } = await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '--progress', 'rawjson', '-o', 'type=cacheonly', context])
    assert.deepEqual(parseSteps(stderr).executed, [])
  })

  it('checks the commit', async () => {
    await build(['FROM scratch', `ADD --checksum=${second} APP#main /app`])
    assert.match(await fail(['FROM scratch', `ADD --checksum=${first} APP#main /app`]), new RegExp(`checksum mismatch of main: it is ${second}, expected ${first}`))
  })

  it('brings submodules, unless it is asked not to, and none of this machine', async () => {
    await server.commit('part', { inner: 'inner' })
    await server.commit('whole', { outer: 'outer' })
    await server.git('whole', 'submodule', 'add', '--quiet', `${server.url}/part.git`, 'part')
    await server.commit('whole', {})
    const root = await build(['FROM scratch', 'ADD URL/whole.git /with', 'ADD URL/whole.git?submodules=false /without'])
    assert.deepEqual(readdirSync(join(root, 'with/part')), ['inner'])
    assert.ok(!existsSync(join(root, 'with/.git')))
    assert.deepEqual(readdirSync(join(root, 'without/part')), [])
    await server.commit('sneaky', { file: '' })
    await server.git('sneaky', 'submodule', 'add', '--quiet', join(server.folder, 'part.git'), 'part')
    await server.commit('sneaky', {})
    assert.match(await fail(['FROM scratch', 'ADD URL/sneaky.git /app']), /transport 'file' not allowed/)
  })

  it('runs nothing that a repository brings', async () => {
    await server.commit('hooks', { '.gitattributes': '* filter=evil\n', file: 'text', 'hooks/post-checkout': '#!/bin/sh\ntouch /tmp/pelago-evil\n' })
    const root = await build(['FROM scratch', 'ADD --keep-git-dir URL/hooks.git /app'])
    assert.match(describeFile(join(root, 'app/file')), /"text"/)
    assert.ok(!existsSync('/tmp/pelago-evil'))
  })

  it('gives the server the client’s token, which nobody sees', async () => {
    await server.commit('private', { file: 'private' })
    server.authorization = `basic ${Buffer.from('x-access-token:s3cret').toString('base64')}`
    try {
      const lines = ['FROM scratch', 'ADD URL/private.git /app']
      await writeFile(join(pelago.folder, 'token'), 's3cret\n')
      const secret = ['--secret', `id=GIT_AUTH_TOKEN.${new URL(server.url).host},src=${join(pelago.folder, 'token')}`]
      assert.equal(describeFile(join(await build(lines, ...secret), 'app/file')), `file 644 ${owner} "private"`)
    } finally {
      server.authorization = undefined
    }
  })

  it('is counted by du, and goes with prune', async () => {
    const records = async (): Promise<string> => (await pelago.succeed(['du', '--verbose', '--filter', 'type=source.git.checkout'])).stdout
    assert.match(await records(), /shared git repo for http:\/\/127\.0\.0\.1:\d+\/app\.git/)
    await pelago.succeed(['prune', '--force', '--all'])
    assert.doesNotMatch(await records(), /shared git repo/)
    assert.match(describeFile(join(await build(['FROM scratch', 'ADD APP#v1 /app']), 'app/read me')), /"one"/)
  })

  it('says at the line what git said', async () => {
    const missingRef = await fail(['FROM scratch', 'ADD APP#nope /app'])
    assert.match(missingRef, /app\.git: the repository does not contain ref nope/)
    assert.match(missingRef, /2 \| >>> ADD/)
    assert.match(await fail(['FROM scratch', 'ADD APP#main:nope /app']), /there is no folder "nope" at commit/)
    assert.match(await fail(['FROM scratch', 'ADD APP#main:run /app']), /"run" is no folder at commit/)
    assert.match(await fail(['FROM scratch', 'ADD URL/none.git /app']), /none\.git.*not found/)
    assert.match(await fail(['FROM scratch', 'ADD URL/none.git /app'.replace('//', '//u:hidden@')]), /not found/)
    server.authorization = 'Basic x'
    const denied = await fail(['FROM scratch', 'ADD URL/private.git /app'])
    server.authorization = undefined
    assert.match(denied, /hint: give a token by a secret: --secret id=GIT_AUTH_TOKEN/)
  })
})

describe('ADD of a git repository by ssh', { skip: missing('git', 'tar', 'crun', 'ssh-keygen') || (existsSync('/usr/sbin/sshd') ? false : 'not installed: sshd'), concurrency: false }, () => {
  let server: GitServer
  let ssh: SshServer
  let pelago: Pelago
  before(async () => {
    ssh = await startSshServer()
    server = await startGitServer()
    pelago = await openPelago()
    await server.commit('app', { file: 'by ssh' })
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await ssh[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  it('uses the agent that the client lends, and no key of the machine', async () => {
    const context = await pelago.context({ Dockerfile: `FROM scratch\nADD ssh://${ssh.host}:${ssh.port}${server.folder}/app.git#main /app\n` })
    const root = await buildFiles(pelago, ['--ssh', `default=${ssh.keyFile}`, context])
    assert.match(describeFile(join(root, 'app/file')), /"by ssh"/)
    const { exitCode, stderr } = await pelago.run(['build', '--no-cache', context])
    assert.equal(exitCode, 1)
    assert.match(stderr, /no SSH key "default" forwarded from the client/)
  })

  it('refuses a host whose key is another one than before', async () => {
    const known = join(pelago.env['PELAGO_ROOT'] ?? '', 'git/known_hosts')
    await writeFile(known, (await readFile(known, 'utf8')).replace(/[A-Za-z0-9+/]{20}$/m, 'A'.repeat(20)))
    const context = await pelago.context({ Dockerfile: `FROM scratch\nADD ssh://${ssh.host}:${ssh.port}${server.folder}/app.git#main /other\n` })
    const { exitCode, stderr } = await pelago.run(['build', '--ssh', `default=${ssh.keyFile}`, context])
    assert.equal(exitCode, 1)
    assert.match(stderr, /Host key verification failed[^]*hint: the host's key is another one than before/)
  })
})
