import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadProgram } from './loadProgram.ts'

const parent = mkdtempSync(join(tmpdir(), 'pelago-load-'))
after(() => rmSync(parent, { recursive: true }))

/** A folder of programs, and what Docker's config says. */
function world(programs: readonly string[], config = '{}'): { readonly folder: string; readonly env: NodeJS.ProcessEnv } {
  const folder = mkdtempSync(join(parent, 'world-'))
  for (const name of programs) writeFileSync(join(folder, name), '', { mode: 0o755 })
  mkdirSync(join(folder, 'run'))
  writeFileSync(join(folder, 'config.json'), config)
  return { folder, env: { PATH: folder, DOCKER_CONFIG: folder, XDG_RUNTIME_DIR: join(folder, 'run') } }
}

describe('loadProgram', () => {
  it('is Docker where it is told where its daemon is', () => {
    const { folder, env } = world(['docker', 'podman'])
    assert.deepEqual(loadProgram({ ...env, DOCKER_HOST: 'unix:///x' }), [join(folder, 'docker'), 'load'])
    assert.deepEqual(loadProgram({ ...env, DOCKER_CONTEXT: 'desktop' }), [join(folder, 'docker'), 'load'])
  })
  it('is Docker where a context is chosen in its config', () => {
    const { folder, env } = world(['docker'], '{"currentContext":"desktop-linux"}')
    assert.deepEqual(loadProgram(env), [join(folder, 'docker'), 'load'])
  })
  it('is Docker where it runs rootless', () => {
    const { folder, env } = world(['docker'])
    writeFileSync(join(folder, 'run/docker.sock'), '')
    assert.deepEqual(loadProgram(env), [join(folder, 'docker'), 'load'])
  })
  it('is Podman where there is no Docker', () => {
    const { folder, env } = world(['podman'])
    assert.deepEqual(loadProgram(env), [join(folder, 'podman'), 'load'])
  })
  it('is nothing where there is neither', () => assert.equal(loadProgram(world([]).env), undefined))
  it('is not this command under another name', () => {
    const { folder, env } = world(['pelago'])
    symlinkSync('pelago', join(folder, 'docker'))
    assert.equal(loadProgram({ ...env, DOCKER_HOST: 'unix:///x' }), undefined)
  })
  it('is the real Docker behind this command under its name', () => {
    const { folder, env } = world(['pelago'])
    symlinkSync('pelago', join(folder, 'docker'))
    const real = world(['docker']).folder
    assert.deepEqual(loadProgram({ ...env, PATH: `${folder}:${real}`, DOCKER_HOST: 'unix:///x' }), [join(real, 'docker'), 'load'])
  })
})
