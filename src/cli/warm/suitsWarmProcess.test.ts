import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import { addressBuilder } from '../../driver/builders/builder.ts'
import { createBuilderStore } from '../../driver/builders/builderStore.ts'
import { createTempFolder } from '../../kit/files/tempFolder.ts'
import { suitsWarmProcess } from './suitsWarmProcess.ts'

describe('suitsWarmProcess', () => {
  for (const [why, suits, argv, env] of [
    ['takes a command that stands alone', true, ['version'], {}],
    ['takes what is no command', true, ['no-such-command'], {}],
    ['takes a variable with the name of a terminal', true, ['version'], { GPG_TTY: '/dev/pts/1' }],
    ['takes a list of builders', true, ['ls'], {}],
    ['leaves out a command that needs the terminal', false, ['run', 'app'], {}],
    ['leaves out an argument that is a file of the caller\'s process', false, ['build', '-f', '/dev/fd/63', '.'], {}],
    ['leaves out a variable that names one', false, ['build', '.'], { PELAGO_POLICY: '/dev/fd/63' }],
    ['leaves out a variable that names stdin', false, ['compose', 'build'], { COMPOSE_FILE: 'compose.yaml:/dev/stdin' }],
    ['leaves out a builder that a program leads to', false, ['build', '.'], { PELAGO_BUILDER: 'ssh://host' }],
  ] as const) {
    it(why, async () => {
      assert.equal(await suitsWarmProcess({ argv, env: { HOME: '/nowhere', ...env }, folder: '/', umask: 0o22, terminals: [false, false, false], window: { columns: 0, rows: 0 } }), suits)
    })
  }

  it('leaves out a list of builders where a program leads to one of them', async () => {
    await using home = createTempFolder(tmpdir())
    const env = { HOME: home.path, XDG_CONFIG_HOME: home.path }
    const builder = { ...addressBuilder('ssh://host'), name: 'far' }
    await createBuilderStore(env).update('far', () => ({ builder }), new AbortController().signal)
    const call = { env, folder: '/', umask: 0o22, terminals: [false, false, false], window: { columns: 0, rows: 0 } } as const
    assert.deepEqual([await suitsWarmProcess({ ...call, argv: ['ls'] }), await suitsWarmProcess({ ...call, argv: ['image', 'ls'] })], [false, true])
  })
})
