import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { openPelago, type Pelago } from '../support/pelago.ts'
import { REGISTRY_LOGIN, startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { runPipelineJob, runWorkflow, type RunnerOptions, type Workflow } from '../support/workflow.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8')

/** The workflows of docs/ci.md run as they stand there, against a registry that asks for a login. */
describe('the workflows of docs/ci.md', { skip: missingForBuilds(), concurrency: false }, () => {
  const resources = new AsyncDisposableStack()
  let pelago: Pelago
  let registry: DockerRegistry
  let options: RunnerOptions
  before(async () => {
    const open = resources.use(await startDockerRegistry())
    registry = resources.use(await startDockerRegistry({ asksForLogin: true }))
    pelago = resources.use(await openPelago())
    await pushBaseImage(`${open.host}/library`)
    const config = join(pelago.env['HOME'] ?? '', '.config/pelago')
    await mkdir(config, { recursive: true })
    await writeFile(join(config, 'config.json'), JSON.stringify({ 'registry-mirrors': [`http://${open.host}`] }))
    options = {
      folder: await pelago.context({ Dockerfile: 'FROM busybox\nRUN uname -m > /machine\nCMD ["/bin/true"]\n' }),
      env: { ...pelago.env, PATH: `${join(ROOT, 'bin')}:${pelago.env['PATH'] ?? ''}`, GITHUB_ACTOR: REGISTRY_LOGIN.username },
      values: { 'secrets.GITHUB_TOKEN': REGISTRY_LOGIN.password, 'github.sha': 'abc123' },
      actionOf: (uses) => ({ 'team/pelago@v1': join(ROOT, 'scripts/action'), 'team/pelago/setup@v1': '' })[uses],
    }
  })
  after(() => resources.disposeAsync())

  /** The document's block for a file, with the test's registry. */
  function read(file: string): unknown {
    const [, text = ''] = new RegExp(`^\`\`\`yaml ${file.replaceAll('.', '\\.')}\n([^]*?)^\`\`\`$`, 'm').exec(PAGE) ?? []
    return parse(text.replaceAll('ghcr.io', registry.host))
  }
  const run = (file: string): Promise<void> => runWorkflow(read(file) as Workflow, options)
  const platformsOf = async (name: string): Promise<string> => (await pelago.succeed(['imagetools', 'inspect', '--format', '{{range .Manifest.Manifests}}{{.Platform.Architecture}} {{end}}', `${registry.host}/${name}`])).stdout.trim()

  it('build for all platforms in one job', async () => {
    await run('.github/workflows/image.yml')
    assert.equal(await platformsOf('team/app:abc123'), 'amd64 arm64')
  })

  it('build each platform on a machine of its own', async () => {
    await run('.github/workflows/native.yml')
    assert.equal(await platformsOf('team/app:1.0'), 'amd64 arm64')
  })

  it('warm a cache for others', async () => {
    await run('.github/workflows/warm.yml')
    const { stderr } = await pelago.succeed(['build', '--progress', 'plain', '--platform', 'linux/arm64', '--cache-from', `${registry.host}/team/app:cache`, options.folder], { env: { PELAGO_ROOT: join(pelago.folder, 'another') } })
    assert.match(stderr, /RUN uname -m > \/machine\n#\d+ CACHED/)
  })

  it('check what is proposed', () => run('.github/workflows/check.yml'))

  it('build at GitLab', async () => {
    const job = (read('.gitlab-ci.yml') as { image: Parameters<typeof runPipelineJob>[0] }).image
    const installing = job.before_script.findIndex((line) => line.startsWith('echo'))
    const env = { ...options.env, CI_REGISTRY: registry.host, CI_REGISTRY_USER: REGISTRY_LOGIN.username, CI_REGISTRY_PASSWORD: REGISTRY_LOGIN.password, CI_REGISTRY_IMAGE: `${registry.host}/team/gitlab`, CI_COMMIT_SHORT_SHA: 'abc' }
    await runPipelineJob(job, installing, { folder: options.folder, env })
    assert.equal(await platformsOf('team/gitlab:abc'), 'amd64 arm64')
    assert.match(await readFile(join(options.folder, 'summary.md'), 'utf8'), /^### Built `[^`]*\/team\/gitlab:abc`/)
  })
})
