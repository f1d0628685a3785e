import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { containerName, createWords, environmentOf, imageOf, type ContainerPlan, type DaemonFacts } from './containerWords.ts'

const docker: DaemonFacts = { cgroupDriver: 'systemd', remapsUsers: false }
const ALWAYS = ['create', '--name', 'buildx_buildkit_b0', '--privileged', '--init', '--restart', 'unless-stopped', '--mount', 'type=volume,source=buildx_buildkit_b0_state,target=/var/lib/buildkit']
const IMAGE = 'moby/buildkit:buildx-stable-1'

function plan(options: Readonly<Record<string, string>>, rest: Partial<ContainerPlan> = {}): ContainerPlan {
  return { name: containerName('b0'), flags: [], hasConfig: false, ...rest, options: new Map(Object.entries(options)) }
}

describe('the words that make a container', () => {
  it('are those of buildx', () => assert.deepEqual(createWords(plan({}), docker, undefined), [...ALWAYS, IMAGE]))
  it('have its options by the same names', () => {
    const options = { network: 'host', memory: '2g', 'memory-swap': '-1', 'cpu-quota': '50000', 'cpuset-cpus': '0,1', 'default-load': 'true' }
    assert.deepEqual(createWords(plan(options), docker, undefined), [...ALWAYS, '--network', 'host', '--memory', '2g', '--memory-swap', '-1', '--cpu-quota', '50000', '--cpuset-cpus', '0,1', IMAGE])
  })
  it('give the engine its configuration before its flags, which may overrule it', () => {
    assert.deepEqual(createWords(plan({ image: 'own:1' }, { hasConfig: true, flags: ['--debug'] }), docker, undefined), [...ALWAYS, 'own:1', '--config', '/etc/buildkit/buildkitd.toml', '--debug'])
  })
  it('name a control group only where Docker, and no systemd, makes them', () => {
    const words = (options: Readonly<Record<string, string>>, facts: DaemonFacts): readonly string[] => createWords(plan(options), facts, undefined).slice(ALWAYS.length, -1)
    assert.deepEqual(words({}, { ...docker, cgroupDriver: 'cgroupfs' }), ['--cgroup-parent', '/docker/buildx'])
    assert.deepEqual(words({ 'cgroup-parent': '/own' }, { ...docker, cgroupDriver: 'cgroupfs' }), ['--cgroup-parent', '/own'])
    assert.deepEqual(words({ 'cgroup-parent': '/own' }, docker), [])
  })
  it('leave the user namespace of a daemon that remaps users', () => assert.deepEqual(createWords(plan({}), { ...docker, remapsUsers: true }, undefined).slice(-3), ['--userns', 'host', IMAGE]))
  it('tell variables by a file', () => {
    const made = plan({ 'env.A': '1', 'env.B': 'x=y' })
    assert.deepEqual(environmentOf(made), ['A=1', 'B=x=y'])
    assert.deepEqual(createWords(made, docker, '/f').slice(-3), ['--env-file', '/f', IMAGE])
  })
  it('have the default where an option is empty', () => {
    assert.equal(imageOf(plan({ image: '' })), IMAGE)
    assert.deepEqual(createWords(plan({ 'restart-policy': 'no' }), docker, undefined).slice(5, 7), ['--restart', 'no'])
  })
})
