import assert from 'node:assert/strict'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseFlags } from '../flags/flags.ts'
import { UsageError } from '../flags/usageError.ts'
import { RUN_FLAGS } from './runFlags.ts'
import { parseRunSpec, type RunSpecInit } from './runSpec.ts'

function specOf(argv: readonly string[], env: Readonly<NodeJS.ProcessEnv> = {}, workingFolder = '/project'): Promise<RunSpecInit> {
  const { flags, operands } = parseFlags(RUN_FLAGS, argv, { commandName: 'pelago run', stopsAtOperand: true })
  return parseRunSpec(flags, operands, { env, workingFolder })
}

describe('parseRunSpec', () => {
  const cases: readonly { readonly name: string; readonly argv: readonly string[]; readonly want: Partial<RunSpecInit> }[] = [
    { name: 'image and command', argv: ['alpine', 'sh', '-c', 'ls'], want: { reference: 'docker.io/library/alpine:latest', command: ['sh', '-c', 'ls'], platform: '', pull: 'missing', network: 'default' } },
    { name: 'a platform', argv: ['--platform', 'arm64', 'a'], want: { platform: 'linux/arm64' } },
    { name: 'variables', argv: ['-e', 'A=1', '-e', 'B', '-e', 'C', 'a'], want: { env: ['A=1', 'B=two'] } },
    { name: 'volumes', argv: ['-v', './src:/src', '-v', '/etc/hosts:/h:ro', 'a'], want: { volumes: [{ source: '/project/src', target: '/src', readOnly: false }, { source: '/etc/hosts', target: '/h', readOnly: true }] } },
    { name: 'bind mounts', argv: ['--mount', 'type=bind,source=/etc,target=/e,readonly', '--mount', 'type=bind,src=/,dst=/root,ro=false', 'a'], want: { volumes: [{ source: '/etc', target: '/e', readOnly: true }, { source: '/', target: '/root', readOnly: false }] } },
    { name: 'the other word for the network', argv: ['--net', 'host', 'a'], want: { network: 'host' } },
    { name: 'ports', argv: ['-p', '8080:80', '-p', '127.0.0.1:53:53/udp', '-p', '[::1]:1:2', 'a'], want: { ports: [{ hostIp: '', hostPort: 8080, containerPort: 80, protocol: 'tcp' }, { hostIp: '127.0.0.1', hostPort: 53, containerPort: 53, protocol: 'udp' }, { hostIp: '::1', hostPort: 1, containerPort: 2, protocol: 'tcp' }] } },
    { name: 'an entrypoint', argv: ['--entrypoint', '/bin/x', 'a', 'b'], want: { entrypoint: { argv: ['/bin/x'] }, command: ['b'] } },
    { name: 'no entrypoint', argv: ['--entrypoint', '', 'a'], want: { entrypoint: { argv: [] } } },
    { name: 'Docker\'s name of the default network', argv: ['--network', 'bridge', 'a'], want: { network: 'default' } },
    { name: 'hosts', argv: ['--add-host', 'db:10.0.0.1', 'a'], want: { addHosts: ['db=10.0.0.1'] } },
  ]
  for (const { name, argv, want } of cases) {
    it(`reads ${name}`, async () => {
      const spec: Readonly<Record<string, unknown>> = { ...(await specOf(argv, { B: 'two' })) }
      assert.deepEqual(Object.fromEntries(Object.keys(want).map((key) => [key, spec[key]])), want)
    })
  }
  it('reads files of variables, which those of the command line follow', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'pelago-env-'))
    await writeFile(join(folder.path, 'env'), '# comment\nA=1\n\nB\nC=x y\n')
    const { env } = await specOf(['--env-file', 'env', '-e', 'A=2', 'a'], { B: 'two' }, folder.path)
    assert.deepEqual(env, ['A=1', 'B=two', 'C=x y', 'A=2'])
  })
  for (const argv of [['-v', 'data:/data'], ['-v', '/a'], ['-v', '/a:/b:rx'], ['--mount', 'source=data,target=/d'], ['--mount', 'type=tmpfs,target=/d'], ['--mount', 'type=bind,source=/etc'], ['--mount', 'type=bind,source=/nonexistent/x,target=/x'], ['--mount', 'type=bind,source=/etc,target=/e,bind-propagation=rshared'], ['--mount', 'type=bind,source=/etc,target=/e,ro=perhaps'], ['-p', '80'], ['-p', '0:80'], ['-p', '1:70000'], ['-e', '=x'], ['--add-host', 'a'], ['--env-file', 'nowhere'], ['--platform', 'x/y/z/w']]) {
    it(`refuses ${argv.join(' ')}`, () => assert.rejects(specOf([...argv, 'alpine']), UsageError))
  }
})
