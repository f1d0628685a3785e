import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { runCommand, type CommandResult, type Pelago } from '../support/pelago.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'


const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const ACTION = join(ROOT, 'scripts/action')

interface Job {
  readonly root: string
  readonly summary: string
  readonly output: string
  readonly env: Readonly<Record<string, string>>
}

describe('in CI', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let pelago: Pelago
  let host: string
  before(async () => {
    workbench = await openWorkbench()
    pelago = workbench.pelago
    host = workbench.registry.host
  })
  after(() => workbench[Symbol.asyncDispose]())

  /** A repository with a Dockerfile in a folder of it, and what the runner gives a step. */
  async function openJob(dockerfile: string): Promise<Job> {
    const root = await pelago.context({ 'docker/Dockerfile': `FROM ${workbench.base}\n${dockerfile}`, 'docker/file': 'a' })
    const [summary, output] = [join(root, 'summary.md'), join(root, 'output')]
    await writeFile(output, '')
    return { root, summary, output, env: { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: root, GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output, RUNNER_TEMP: await mkdtemp(join(pelago.folder, 'temp-')) } }
  }

  it('folds the output of steps, annotates warnings, and writes the summary', async () => {
    const { root, summary, env } = await openJob('RUN echo "::error::mine" && echo "a ##[add-mask]b"\nmaintainer me\n')
    const { stderr } = await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '-t', `${host}/ci:1`, '--push', 'docker'], { cwd: root, env })
    assert.match(stderr, /\n#\d+ \[linux\/arm64 2\/2\] RUN .*\n(?:#\d+ (?:extracting )?sha256:.*\n)*#\d+ emulated by qemu-aarch64\n::group::#\d+ \[linux\/arm64 2\/2\] RUN .*: output\n#\d+ [\d.]+ ::error::mine\n#\d+ [\d.]+ a # #\[add-mask\]b\n::endgroup::\n#\d+ DONE/)
    assert.match(stderr, /^::warning file=docker\/Dockerfile,line=3,endLine=3,title=MaintainerDeprecated::/m)
    const text = await readFile(summary, 'utf8')
    assert.match(text, /^### Built `.*\/ci:1`\n\nDigest `sha256:[0-9a-f]{64}`\n/)
    assert.match(text, /^\| linux\/arm64 \| `sha256:[0-9a-f]{64}` \| [\d.]+MB \| .*\*\*emulated\*\* [\d.]+m?s \|$/m)
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '-t', `${host}/ci:1`, '--push', 'docker'], { cwd: root, env })
    assert.match((await readFile(summary, 'utf8')).slice(text.length), /[2-9] from the cache \(\d+ %\)/)
  })

  it('annotates what fails, and lets no output of the step speak to the runner', async () => {
    const { root, summary, env } = await openJob('RUN echo "::stop-commands::x"; exit 3\n')
    const { exitCode, stderr } = await pelago.run(['build', 'docker'], { cwd: root, env })
    assert.equal(exitCode, 1)
    assert.doesNotMatch(stderr, /^\s*::stop-commands/m)
    assert.match(stderr, /^::error file=docker\/Dockerfile,line=2,endLine=2,title=Pelago::.*exit code: 3/m)
    assert.match(await readFile(summary, 'utf8'), /^### Failed: [\s\S]*>>> RUN echo/)
    for (const [args, more] of [[['-q'], {}], [[], { PELAGO_CI: 'none' }]] as const) {
      const other = await pelago.run(['build', ...args, 'docker'], { cwd: root, env: { ...env, ...more } })
      assert.match(other.stderr, /: :stop-commands::x/)
      assert.doesNotMatch(other.stderr, /^\s*::stop-commands/m)
    }
  })

  it('annotates a check', async () => {
    const { root, env } = await openJob('maintainer me\n')
    const { exitCode, stderr } = await pelago.run(['build', '--check', 'docker'], { cwd: root, env })
    assert.equal(exitCode, 1)
    assert.match(stderr, /^::warning file=docker\/Dockerfile,line=2,endLine=2,title=MaintainerDeprecated::/m)
  })

  it('folds for GitLab, and writes the summary where it is asked to', async () => {
    const { root } = await openJob('RUN echo a\n')
    const { stderr } = await pelago.succeed(['build', '--no-cache', '--summary-file', 'out.md', 'docker'], { cwd: root, env: { GITLAB_CI: 'true' } })
    assert.match(stderr, /^\u001b\[0Ksection_start:\d+:pelago_1\[collapsed=true\]\r\u001b\[0K#\d+ \[2\/2\] RUN echo a: output\n#\d+ [\d.]+ a\n\u001b\[0Ksection_end:\d+:pelago_1\r\u001b\[0K\n/m)
    assert.match(await readFile(join(root, 'out.md'), 'utf8'), /^### Built/)
  })

  it('is as elsewhere where that is wanted', async () => {
    const { root, env } = await openJob('RUN echo b\n')
    const { stderr } = await pelago.succeed(['build', 'docker'], { cwd: root, env: { ...env, PELAGO_CI: 'none' } })
    assert.doesNotMatch(stderr, /::/)
  })

  describe('the action', () => {
    const act = async ({ root, env }: Job, inputs: Readonly<Record<string, string>>): Promise<CommandResult> => await runCommand([ACTION], { cwd: root, env: { ...pelago.env, ...env, ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name}`, value])) } })

    it('builds by its inputs, tells the digest, and takes none of them for a command', async () => {
      const job = await openJob('ARG A\nARG B\nLABEL a="$A" b="$B"\nRUN --mount=type=secret,id=s --mount=type=secret,id=t sha256sum /run/secrets/s /run/secrets/t > /sums\n')
      const tag = `${host}/action:1`
      const { exitCode, stderr } = await act(job, {
        CONTEXT: 'docker',
        PLATFORMS: 'linux/amd64,linux/arm64\n',
        TAGS: `${tag}\n\n  ${host}/action:2  `,
        BUILD_ARGS: "A=it's $(touch broken); `touch broken`\nB=\"x y\" \\ *",
        SECRETS: 's=a=b\nt=$(touch broken)',
        PUSH: 'true',
        NO_CACHE: 'false',
      })
      assert.equal(exitCode, 0, stderr)
      const output = await readFile(job.output, 'utf8')
      const digest = /^digest=(sha256:[0-9a-f]{64})$/m.exec(output)?.[1]
      const config = JSON.parse((await pelago.succeed(['imagetools', 'inspect', '--format', '{{json .Image}}', `${host}/action:2`])).stdout) as Record<string, { config: { Labels: Record<string, string> } }>
      assert.deepEqual(config['linux/arm64']?.config.Labels, { a: "it's $(touch broken); `touch broken`", b: '"x y" \\ *' })
      assert.equal((await pelago.succeed(['imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', tag])).stdout.trim(), digest)
      assert.match(output, /^metadata<<([0-9a-f]{32})\n\{[\s\S]*\n\}\n\1\n$/m)
      assert.deepEqual(await readdir(job.root), ['docker', 'output', 'summary.md'])
      assert.deepEqual(await readdir(job.env['RUNNER_TEMP'] ?? ''), [])
      const sums = (await pelago.succeed(['run', tag, 'cat', '/sums'])).stdout
      assert.deepEqual(sums.match(/^[0-9a-f]{64}/gm), ['a=b', '$(touch broken)'].map((text) => createHash('sha256').update(text).digest('hex')))
    })

    it('refuses what is no switch, and leaves nothing behind', async () => {
      const job = await openJob('')
      const { exitCode, stderr } = await act(job, { CONTEXT: 'docker', PUSH: 'yes', SECRETS: 'a=b' })
      assert.equal(exitCode, 2)
      assert.equal(stderr, '::error title=Pelago::the input push is true or false, and not: yes\n')
      assert.deepEqual(await readdir(job.env['RUNNER_TEMP'] ?? ''), [])
    })

    it('hands over every input that it has', async () => {
      const text = await readFile(join(ROOT, 'action.yml'), 'utf8')
      const { inputs, runs } = parse(text) as { inputs: Record<string, unknown>; runs: { steps: readonly { env: Record<string, string> }[] } }
      const variableOf = (name: string): string => `INPUT_${name.toUpperCase().replaceAll('-', '_')}`
      assert.deepEqual(runs.steps[0]?.env, Object.fromEntries(Object.keys(inputs).map((name) => [variableOf(name), `\${{ inputs.${name} }}`])))
      const script = await readFile(ACTION, 'utf8')
      for (const name of Object.keys(inputs)) assert.match(script, new RegExp(`\\b${variableOf(name).slice('INPUT_'.length)}\\b`), name)
    })
  })
})
