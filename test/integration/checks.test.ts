import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openPelago, type CommandResult, type ContextFiles, type Pelago } from '../support/pelago.ts'

/** What the command says of a Dockerfile, none of which has a base image to be pulled. */
describe('checks of a Dockerfile', () => {
  let pelago: Pelago
  before(async () => {
    pelago = await openPelago()
  })
  after(async () => pelago[Symbol.asyncDispose]())

  const build = async (files: ContextFiles, ...flags: readonly string[]): Promise<CommandResult> => pelago.run(['build', ...flags, await pelago.context(files)])
  const UNTIDY = '# syntax=docker/dockerfile:1\nFROM scratch AS Build\nENV a b\nCMD echo\n'

  describe('in a build', () => {
    it('are warnings at its end, with the lines', async () => {
      const { exitCode, stderr } = await build({ Dockerfile: UNTIDY })
      assert.equal(exitCode, 0)
      assert.match(stderr, /\n 3 warnings found \(use --debug to expand\):\n - StageNameCasing: .* \(line 2\)\n {3}2 \| FROM scratch AS Build\n - LegacyKeyValueFormat: [^]*\n {3}3 \| ENV a b\n - JSONArgsRecommended: [^]*\n {3}4 \| CMD echo\n$/)
    })
    it('are told at length with --debug', async () => {
      const { stderr } = await build({ Dockerfile: 'FROM scratch AS Build\n' }, '--debug')
      assert.match(stderr, /1 warning found:\n[^]*More info: https:\/\/docs\.docker\.com\/go\/dockerfile\/rule\/stage-name-casing\/\nDockerfile:1\n-+\n +1 \| >>> FROM scratch AS Build\n/)
    })
    it('look at the ignore file', async () => {
      const { stderr } = await build({ Dockerfile: 'FROM scratch\nCOPY app *.log /\n', '.dockerignore': '*.log\n', app: 'a' })
      assert.match(stderr, /1 warning found [^]*CopyIgnoredFile: .*"\*\.log"/)
    })
    it('make it fail where the Dockerfile wants that', async () => {
      const { exitCode, stderr } = await build({ Dockerfile: `# check=error=true;skip=StageNameCasing\n${UNTIDY}` })
      assert.equal(exitCode, 1)
      assert.match(stderr, /2 warnings found[^]*ERROR: lint violation found for rules: LegacyKeyValueFormat, JSONArgsRecommended\nDockerfile:1\n-+\n +1 \| >>> # check=/)
    })
    it('are chosen by a build argument', async () => {
      assert.doesNotMatch((await build({ Dockerfile: UNTIDY }, '--build-arg', 'BUILDKIT_DOCKERFILE_CHECK=skip=all')).stderr, /warning/)
    })
  })

  it('refuse a frontend that is not built in, with its line', async () => {
    const { exitCode, stderr } = await build({ Dockerfile: '# syntax=example.com/frontend:1\nFROM scratch\n' })
    assert.equal(exitCode, 1)
    assert.match(stderr, /ERROR: the frontend example\.com\/frontend:1 cannot be run: .*\nDockerfile:1\n[^]*>>> # syntax=[^]*hint: use docker\/dockerfile/)
  })
  it('warn of a frontend newer than the one that is built in', async () => {
    assert.match((await build({ Dockerfile: '# syntax=docker/dockerfile:1.99\nFROM scratch\n' })).stderr, /1 warning found[^]*NewerSyntax: docker\/dockerfile:1\.99 is asked for/)
  })
})
