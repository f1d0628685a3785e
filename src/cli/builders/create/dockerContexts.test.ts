import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readDockerContexts, readDockerEndpoint } from './dockerContexts.ts'

const folder = await mkdtemp(join(tmpdir(), 'pelago-contexts-'))
const env = { DOCKER_CONFIG: folder }
before(async () => {
  const files = { 'contexts/meta/b/meta.json': '{"Name":"office","Endpoints":{}}', 'contexts/meta/a/meta.json': '{', 'contexts/meta/c/other': '', 'config.json': '{"currentContext":"office"}', 'broken/config.json': '{' }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
})
after(() => rm(folder, { recursive: true }))

describe('Docker\'s contexts', () => {
  it('are those whose files can be read', async () => assert.deepEqual(await readDockerContexts(env), ['default', 'office']))
  it('are the default one where there are none', async () => assert.deepEqual(await readDockerContexts({ DOCKER_CONFIG: '/nonexistent' }), ['default']))
  const cases: readonly (readonly [name: string, env: NodeJS.ProcessEnv, want: string])[] = [
    ['the host before all', { ...env, DOCKER_HOST: 'tcp://h:1', DOCKER_CONTEXT: 'c' }, 'tcp://h:1'],
    ['the context of the variable', { ...env, DOCKER_HOST: '', DOCKER_CONTEXT: 'c' }, 'c'],
    ['the context of the configuration', env, 'office'],
    ['the default without one', { DOCKER_CONFIG: '/nonexistent' }, 'default'],
    ['the default where it is damaged', { DOCKER_CONFIG: join(folder, 'broken') }, 'default'],
  ]
  for (const [name, variables, want] of cases) it(`choose ${name}`, async () => assert.equal(await readDockerEndpoint(variables), want))
})
