import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { callCommand, type Called, type CallOptions } from './calledCommand.suite.ts'
import { COMMANDS, findCommand } from './commandTable.ts'
import { VERSION } from '../ground/version.ts'

async function run(argv: readonly string[], options: CallOptions = {}): Promise<Called> {
  return await callCommand(argv, { ...options, env: { HOME: '/nonexistent', ...options.env } })
}

describe('the command line', () => {
  it('shows the version on stdout', async () => assert.deepEqual(await run(['--version']), { code: 0, stdout: `pelago ${VERSION}\n`, stderr: '' }))
  it('has the version of the package', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
    assert.equal(VERSION, manifest.version)
  })
  it('shows its help on stdout where it is asked for', async () => {
    const { code, stdout } = await run(['--help'])
    assert.equal(code, 0)
    for (const words of COMMANDS.keys()) assert.match(stdout, new RegExp(`^ {2}${words} `, 'm'))
  })
  it('shows its help on stderr where it is called with nothing', async () => {
    const { code, stdout, stderr } = await run([])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^Usage: {2}pelago \[OPTIONS\] COMMAND/)
  })
  it('shows the commands of a group', async () => {
    const { code, stdout } = await run(['image', '--help'])
    assert.equal(code, 0)
    assert.match(stdout, /^Usage: {2}pelago image COMMAND/)
    assert.match(stdout, /image ls/)
    assert.doesNotMatch(stdout, /imagetools/)
  })

  const helpful = [['build', '--help'], ['buildx', 'build', '-h'], ['--debug', 'build', '--help'], ['image', 'build', '--help']]
  for (const argv of helpful) {
    it(`shows the help of build for ${argv.join(' ')}`, async () => {
      const { code, stdout } = await run(argv)
      assert.equal(code, 0)
      assert.match(stdout, /^Usage: {2}pelago build \[OPTIONS\] PATH/)
    })
  }

  const refused = [
    { argv: ['biuld'], stderr: 'ERROR: unknown command: biuld\nhint: did you mean "pelago build"? see pelago --help\n' },
    { argv: ['compose', 'up', '-d'], stderr: 'ERROR: pelago compose up is not supported yet\nhint: Pelago builds the images of a project, and leaves running it to docker compose, or to pelago run\n' },
    { argv: ['network', 'ls'], stderr: 'ERROR: pelago network is not supported yet\nhint: see pelago --help for what there is\n' },
    { argv: ['-H', 'tcp://x', 'images'], stderr: 'ERROR: -H is not supported yet\nhint: there is no daemon; an engine elsewhere is a builder: --builder NAME (see pelago --help)\n' },
    { argv: ['image', 'lss'], stderr: 'ERROR: unknown command: image lss\nhint: did you mean "pelago image ls"? see pelago --help\n' },
    { argv: ['--wrong'], stderr: 'ERROR: unknown flag: --wrong\nhint: see pelago --help\n' },
    { argv: ['build', '--cgroup-parent', 'a', '.'], stderr: 'ERROR: --cgroup-parent is not supported yet\nhint: steps run in the control group of the engine: limit that one, by systemd-run or in the unit of pelago serve (see pelago build --help)\n' },
    { argv: ['build'], stderr: 'ERROR: pelago build takes 1 argument, and got 0\nhint: usage: pelago build [OPTIONS] PATH|URL|- (see pelago build --help)\n' },
    { argv: ['build', 'nowhere'], stderr: 'ERROR: no such folder: nowhere\nhint: give the folder with the files of the build, such as ., a URL or a git repository\n' },
    { argv: ['build', '--platform', 'linux/', '.'], stderr: 'ERROR: invalid --platform: "linux/"\nhint: write os/arch[/variant], such as linux/arm64 or linux/arm/v7\n' },
    { argv: ['--builder', 'nonsense', 'platforms'], stderr: 'ERROR: unknown builder: "nonsense"\nhint: there are default; pelago create --name nonsense makes it; an address is written unix:///path/to/socket, tcp://host:port or ssh://user@host\n' },
  ]
  for (const { argv, stderr } of refused) {
    it(`ends with 2 for ${argv.join(' ')}`, async () => assert.deepEqual(await run(argv), { code: 2, stdout: '', stderr }))
  }
  for (const argv of [['build', '.'], ['pull', 'a'], ['push', 'a']]) {
    it(`ends with 2 for ${argv.join(' ')} where signatures are to be verified`, async () => {
      const { code, stderr } = await run(argv, { env: { DOCKER_CONTENT_TRUST: '1' } })
      assert.equal(code, 2)
      assert.match(stderr, /^ERROR: DOCKER_CONTENT_TRUST is 1, and Docker's own signatures are not verified here\nhint: unset it/)
    })
  }
  it('tells Docker\'s templates what it is', async () => {
    assert.equal((await run(['version', '--format', '{{.Server.Version}} {{.Client.Experimental}} {{.Server.Os}}'])).stdout, `${VERSION} true linux\n`)
  })
  it('ends with 125 where run is called wrongly, since 2 may be the container\'s', async () => {
    assert.equal((await run(['run', '--name', 'x', 'alpine'])).code, 125)
  })
  it('ends with 130 where it was interrupted', async () => {
    assert.deepEqual(await run(['platforms', '--builder', 'unix:///nonexistent/socket'], { signals: ['SIGINT'] }), { code: 130, stdout: '', stderr: '' })
  })
  it('has every command load, with help of its own', async () => {
    for (const words of COMMANDS.keys()) {
      const { code, stdout } = await run([...words.split(' '), '--help'])
      assert.equal(code, 0)
      assert.match(stdout, new RegExp(`^Usage: {2}pelago ${words} `))
    }
  })
})

describe('findCommand', () => {
  const cases = [
    { argv: ['images', '-q'], words: 'image ls', rest: ['-q'] },
    { argv: ['container', 'run', 'alpine'], words: 'run', rest: ['alpine'] },
    { argv: ['builder', 'prune', '-a'], words: 'prune', rest: ['-a'] },
    { argv: ['buildx', 'imagetools', 'inspect', 'a'], words: 'imagetools inspect', rest: ['a'] },
    { argv: ['tag', 'a', 'b'], words: 'image tag', rest: ['a', 'b'] },
    { argv: ['build', 'image'], words: 'build', rest: ['image'] },
    { argv: ['system', 'info'], words: 'info', rest: [] },
    { argv: ['buildx', 'rm', 'b'], words: 'rm', rest: ['b'] },
  ]
  for (const { argv, words, rest } of cases) {
    it(`finds ${words} for ${argv.join(' ')}`, () => {
      const found = findCommand(argv)
      assert.ok(found.kind === 'command')
      assert.deepEqual([found.words, found.rest], [words, rest])
    })
  }
})
