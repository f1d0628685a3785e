import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { REGISTRY_LOGIN, startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { type CommandResult, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { pathWithout } from '../support/programPath.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

/** A build that must fail, and what its user reads. */
interface Mistake {
  readonly name: string
  /** `BASE` stands for the base image, `HOST` for its registry. */
  readonly dockerfile?: string
  readonly files?: ContextFiles
  readonly args?: readonly string[]
  readonly exitCode: number
  readonly message: RegExp
  readonly hint?: RegExp
  /** The line of the Dockerfile with which the marked ones begin, and these. */
  readonly at?: readonly [line: number, ...marked: string[]]
}

const MISTAKES: readonly Mistake[] = [
  { name: 'an unknown instruction', dockerfile: 'FROM BASE\nRUNN true\n', exitCode: 1, message: /unknown instruction: RUNN/, hint: /did you mean RUN\?/, at: [2, 'RUNN true'] },
  { name: 'no FROM', dockerfile: 'RUN true\n', exitCode: 1, message: /no build stage/, hint: /FROM/, at: [1, 'RUN true'] },
  { name: 'an empty Dockerfile', dockerfile: '', exitCode: 1, message: /no instructions/, hint: /FROM/ },
  { name: 'a COPY of a single word', dockerfile: 'FROM BASE\nCOPY one\n', exitCode: 1, message: /COPY requires at least two arguments/, hint: /COPY source target/, at: [2, 'COPY one'] },
  { name: 'an ENV without a value', dockerfile: 'FROM BASE\n\n# a comment\nENV WORD\n', exitCode: 1, message: /ENV must have two arguments/, hint: /ENV WORD=value/, at: [4, 'ENV WORD'] },
  { name: 'an unknown flag of an instruction', dockerfile: 'FROM BASE\nCOPY --form=x a b\n', exitCode: 1, message: /unknown flag: --form/, at: [2, 'COPY --form=x a b'] },
  { name: 'a misspelled option of a mount', dockerfile: 'FROM BASE\nRUN --mount=type=cache,targte=/c true\n', exitCode: 1, message: /unexpected key 'targte' in 'targte=\/c'/, hint: /did you mean target\?/, at: [2, 'RUN --mount=type=cache,targte=/c true'] },
  { name: 'a mount of what the context almost has', dockerfile: 'FROM BASE\nRUN --mount=source=data.txt,target=/c true\n', files: { 'date.txt': '' }, exitCode: 1, message: /"\/data\.txt": not found/, at: [2] },
  { name: 'a secret that nobody gave', dockerfile: 'FROM BASE\nRUN --mount=type=secret,id=token,required true\n', exitCode: 1, message: /secret token: not found/, hint: /--secret id=token,src=FILE/, at: [2] },
  { name: 'a secret of a file that is not there', dockerfile: 'FROM BASE\n', args: ['--secret', 'id=token,src=/missing'], exitCode: 2, message: /\/missing: no such file/, hint: /id=NAME,src=FILE/ },
  { name: 'a secret without a name', dockerfile: 'FROM BASE\n', args: ['--secret', 'src=/missing'], exitCode: 2, message: /has no id/, hint: /id=NAME/ },
  { name: 'a heredoc without an end', dockerfile: 'FROM BASE\nRUN <<END\ntrue\n', exitCode: 1, message: /unterminated heredoc/, hint: /"END" alone/, at: [2, 'RUN <<END', 'true'] },
  { name: 'a COPY of what is not there', dockerfile: 'FROM BASE\nCOPY missing.txt /\n', exitCode: 1, message: /"\/missing\.txt": not found/, hint: /\.dockerignore/, at: [2, 'COPY missing.txt /'] },
  { name: 'a COPY of what a stage almost has', dockerfile: 'FROM BASE AS made\nFROM BASE\nCOPY --from=made /etc/paswd /\n', exitCode: 1, message: /"\/etc\/paswd": not found/, hint: /passwd/, at: [3, 'COPY --from=made /etc/paswd /'] },
  { name: 'a COPY of what .dockerignore leaves out', dockerfile: 'FROM BASE\nCOPY left-out /\n', files: { 'left-out': '', '.dockerignore': 'left-*' }, exitCode: 1, message: /"\/left-out": not found/, hint: /\.dockerignore/, at: [2] },
  { name: 'a COPY from a stage what it has not', dockerfile: 'FROM BASE AS made\nFROM BASE\nCOPY --from=made /nothing /\n', exitCode: 1, message: /"\/nothing": not found/, at: [3, 'COPY --from=made /nothing /'] },
  { name: 'a RUN that fails', dockerfile: 'FROM BASE\nRUN echo before && \\\n  echo the reason >&2 && \\\n  exit 7\n', exitCode: 1, message: /did not complete successfully: exit code: 7/, at: [2, 'RUN echo before && \\', '  echo the reason >&2 && \\', '  exit 7'] },
  { name: 'a RUN of a program that is not there', dockerfile: 'FROM BASE\nRUN ["/missing", "argument"]\n', exitCode: 1, message: /\/missing.*no such file or directory/, at: [2, 'RUN ["/missing", "argument"]'] },
  { name: 'a RUN without a shell', dockerfile: 'FROM scratch\nRUN true\n', exitCode: 1, message: /\/bin\/sh.*no such file or directory/, at: [2, 'RUN true'] },
  { name: 'a user that the image has not', dockerfile: 'FROM BASE\nUSER somebody\nRUN true\n', exitCode: 1, message: /somebody/, at: [3, 'RUN true'] },
  { name: 'an owner that the image has not', dockerfile: 'FROM BASE\nCOPY --chown=somebody Dockerfile /\n', exitCode: 1, message: /no user "somebody"/, hint: /number/, at: [2, 'COPY --chown=somebody Dockerfile /'] },
  { name: 'an unknown target', dockerfile: 'FROM BASE AS one\nFROM BASE AS two\n', args: ['--target', 'too'], exitCode: 1, message: /target stage "too" could not be found/, hint: /one.*two|two/ },
  { name: 'a stage that copies from itself', dockerfile: 'FROM BASE AS one\nCOPY --from=one /bin /b\n', exitCode: 1, message: /one/, at: [2, 'COPY --from=one /bin /b'] },
  { name: 'a COPY from a stage by a number too large', dockerfile: 'FROM BASE\nCOPY --from=3 /bin /b\n', exitCode: 1, message: /3/, at: [2, 'COPY --from=3 /bin /b'] },
  { name: 'a FROM of an ARG that is empty', dockerfile: 'ARG NOTHING\nFROM $NOTHING\n', exitCode: 1, message: /base name \(\$NOTHING\) should not be blank/, at: [2, 'FROM $NOTHING'] },
  { name: 'a malformed reference', dockerfile: 'FROM Not:A:Reference\n', exitCode: 1, message: /Not:A:Reference/, at: [1, 'FROM Not:A:Reference'] },
  { name: 'an image that is not there', dockerfile: 'FROM HOST/nothing:1\n', exitCode: 1, message: /HOST\/nothing:1.*no such image/, hint: /check name and tag/, at: [1, 'FROM HOST/nothing:1'] },
  { name: 'a registry that does not answer', dockerfile: 'FROM 127.0.0.1:1/image\n', exitCode: 1, message: /127\.0\.0\.1:1: the connection was refused/, hint: /check the port/, at: [1, 'FROM 127.0.0.1:1/image'] },
  { name: 'a platform that the base has not', dockerfile: 'FROM BASE\n', args: ['--platform', 'linux/amd64,linux/riscv64'], exitCode: 1, message: /there is no image for linux\/riscv64/, hint: /linux\/amd64, linux\/arm64, linux\/arm\/v7, linux\/s390x, linux\/386/, at: [1, 'FROM BASE'] },
  { name: 'a base of one platform, and that another', dockerfile: 'FROM HOST/arm-only\n', args: ['--platform', 'linux/amd64'], exitCode: 1, message: /linux\/amd64/, hint: /linux\/arm64/, at: [1, 'FROM HOST/arm-only'] },
  { name: 'a malformed platform', dockerfile: 'FROM BASE\n', args: ['--platform', 'linux/a/b/c'], exitCode: 2, message: /invalid --platform: "linux\/a\/b\/c"/, hint: /os\/arch/ },
  { name: 'a misspelled flag', dockerfile: 'FROM BASE\n', args: ['--platfrom', 'linux/amd64'], exitCode: 2, message: /unknown flag: --platfrom/, hint: /--platform/ },
  { name: 'a flag that is not here', dockerfile: 'FROM BASE\n', args: ['--squash'], exitCode: 2, message: /--squash is not supported yet/, hint: /--help/ },
  { name: 'a push to nowhere', dockerfile: 'FROM BASE\n', args: ['--push'], exitCode: 2, message: /nothing says where to push to/, hint: /--tag/ },
  { name: 'no Dockerfile', files: { 'prod.Dockerfile': 'FROM scratch' }, exitCode: 2, message: /no Dockerfile in/, hint: /prod\.Dockerfile/ },
]

describe('a build with a mistake in it', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let registry: DockerRegistry
  let pelago: Pelago
  let base: string
  before(async () => {
    ({ registry, pelago, base } = workbench = await openWorkbench())
    const context = await pelago.context({ Dockerfile: `FROM ${base}\n` })
    await pelago.succeed(['build', '--platform', 'linux/arm64', '-t', `${registry.host}/arm-only`, '--push', context])
  })
  after(() => workbench[Symbol.asyncDispose]())

  const filled = (text: string): string => text.replaceAll('BASE', base).replaceAll('HOST', registry.host)

  for (const { name, dockerfile, files, args = [], exitCode, message, hint, at } of MISTAKES) {
    it(`fails for ${name}`, async () => {
      const text = dockerfile === undefined ? {} : { Dockerfile: filled(dockerfile) }
      const context = await pelago.context({ ...files, ...text })
      const result = await pelago.run(['build', '--progress=plain', ...args, context])
      assert.equal(result.exitCode, exitCode, result.stderr)
      assert.match(result.stderr, new RegExp(`^ERROR: .*${filled(message.source)}`, 'm'))
      assert.match(result.stderr, hint === undefined ? /./ : new RegExp(`^hint: .*${hint.source}`, 'm'))
      if (at !== undefined) assertMarked(result, at[0], at.slice(1).map((line) => filled(String(line))))
      assertNoTrace(result)
    })
  }

  it('shows the last output of a step that fails', async () => {
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nRUN echo the reason >&2; exit 7\n` })
    const { stderr } = await pelago.run(['build', '--progress=plain', context])
    assert.match(stderr, /------\n > \[2\/2\] RUN echo the reason >&2; exit 7:\nthe reason\n------\n/)
  })

  it('fails for a missing context', async () => {
    const result = await pelago.run(['build', 'nowhere'])
    assert.deepEqual(result, { exitCode: 2, stdout: '', stderr: 'ERROR: no such folder: nowhere\nhint: give the folder with the files of the build, such as ., a URL or a git repository\n' })
  })

  it('says before it pulls which emulator is missing, and what to install', async () => {
    const path = await pathWithout(pelago, /^qemu-/)
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nRUN true\n` })
    const result = await pelago.run(['build', '--progress=plain', '--platform', 'linux/s390x', context], { env: { PATH: path, PELAGO_ROOT: join(pelago.folder, 'without-qemu') } })
    assert.equal(result.exitCode, 1, result.stderr)
    assert.match(result.stderr, /^ERROR: .*linux\/s390x/m)
    assert.match(result.stderr, />>> RUN true/)
    assert.match(result.stderr, /^hint: .*qemu-user-static/m)
    assert.doesNotMatch(result.stderr, /extracting|downloading/)
    assertNoTrace(result)
  })

  it('fails for credentials that are wrong, and takes those that are right', { skip: missingForBuilds('htpasswd') }, async () => {
    await using guarded = await startDockerRegistry({ asksForLogin: true })
    const context = await pelago.context({ Dockerfile: `FROM ${base}\n` })
    const args = ['build', '--progress=plain', '-t', `${guarded.host}/app`, '--push', context]
    const refused = await pelago.run(args)
    assert.equal(refused.exitCode, 1, refused.stderr)
    assert.match(refused.stderr, /^hint: .*pelago login/m)
    assertNoTrace(refused)
    const wrong = await pelago.run(['login', '-u', REGISTRY_LOGIN.username, '--password-stdin', guarded.host], { input: 'wrong' })
    assert.equal(wrong.exitCode, 1, wrong.stderr)
    assert.doesNotMatch(wrong.stderr + wrong.stdout, /wrong\b.*wrong|password: wrong/)
  })
})

function assertMarked({ stderr }: CommandResult, line: number, marked: readonly string[]): void {
  assert.match(stderr, new RegExp(`^Dockerfile:${line}$`, 'm'))
  const lines = stderr.split('\n').flatMap((text) => /^ +\d+ \| >>> (.*)$/.exec(text)?.[1] ?? [])
  assert.ok(lines.length > 0, stderr)
  assert.deepEqual(marked.length === 0 ? [] : lines, marked)
}

function assertNoTrace({ stderr, stdout }: CommandResult): void {
  assert.doesNotMatch(stderr + stdout, /^ +at .*:\d+:\d+\)?$|node:internal|bug in Pelago/m)
}
