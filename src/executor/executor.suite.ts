import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parsePlatform } from '../ground/platform.ts'
import type { AddedProcess, Executor, OutputChunk, ProcessSpec, RunningProcess } from './executor.ts'

/** What a suite is run on. */
export interface ExecutorFixture extends AsyncDisposable {
  readonly executor: Executor
  /** A root file system of its own with busybox as every tool, and nothing else. */
  makeRoot(): string
}

/** Every executor passes it. */
export function testExecutor(name: string, open: () => Promise<ExecutorFixture>): void {
  const never = new AbortController().signal

  const run = async (script: string, change: Partial<ProcessSpec> = {}, prepare: (root: string) => void = () => undefined): Promise<Output> => {
    await using fixture = await open()
    const root = fixture.makeRoot()
    prepare(root)
    return await collect(fixture.executor.run(shell(root, script, change), never))
  }

  describe(`${name}: a process`, () => {
    it('yields what it prints, each stream in order', async () => {
      const { stdout, stderr } = await run('echo one; echo two; echo bad >&2')
      assert.deepEqual({ stdout, stderr }, { stdout: 'one\ntwo\n', stderr: 'bad\n' })
    })
    it('is not stopped by a full pipe of the other stream', async () => {
      const { stdout, stderr } = await run('head -c 300000 /dev/zero >&2; echo done')
      assert.deepEqual([stdout, stderr.length], ['done\n', 300_000])
    })
    it('fails with its exit code', async () => {
      await assert.rejects(run('exit 3'), { name: 'StepFailedError', exitCode: 3 })
    })
    it('may itself exit with 127, which is no failure to start', async () => {
      await assert.rejects(run('no-such-tool'), { name: 'StepFailedError', exitCode: 127 })
    })
    it('has a signal as 128 + N', async () => {
      await assert.rejects(run('(kill -9 $$) & wait; exec sh -c "kill -9 \\$\\$; exit 137"'), { name: 'StepFailedError', exitCode: 137 })
    })
    it('cannot start where its program is not on PATH', async () => {
      await assert.rejects(run('', { argv: ['nope'] }), { name: 'ProcessStartError', message: 'exec: "nope": executable file not found in $PATH' })
    })
    it('cannot start by a shell that is not there, and the hint names the exec form', async () => {
      await using fixture = await open()
      const root = fixture.makeRoot()
      const spec = shell(root, 'true', { argv: ['/bin/bash', '-c', 'true'] })
      await assert.rejects(collect(fixture.executor.run(spec, never)), { name: 'ProcessStartError', message: /\/bin\/bash: no such file/ })
      const scratch = join(root, 'scratch')
      mkdirSync(scratch)
      await assert.rejects(collect(fixture.executor.run({ ...shell(scratch, 'true'), rootfs: scratch }, never)), { name: 'ProcessStartError', hint: /exec form/ })
    })
    it('throws the reason of an abort, and is gone', async () => {
      await using fixture = await open()
      const root = fixture.makeRoot()
      const controller = new AbortController()
      const reason = new Error('cancelled by the test')
      const output = fixture.executor.run(shell(root, 'echo up; sleep 300 & exec sleep 300'), controller.signal)
      await assert.rejects(collect(output, () => controller.abort(reason)), reason)
    })
    it('is killed when its output is no longer read', async () => {
      await using fixture = await open()
      const root = fixture.makeRoot()
      const output = fixture.executor.run(shell(root, 'trap "" TERM; echo up; while :; do sleep 0.1; touch /alive; done'), never)[Symbol.asyncIterator]()
      await output.next()
      await output.return?.()
      const before = existsSync(join(root, 'alive')) ? statSync(join(root, 'alive')).mtimeMs : 0
      await collect(fixture.executor.run(shell(root, 'sleep 0.3'), never))
      assert.equal(existsSync(join(root, 'alive')) ? statSync(join(root, 'alive')).mtimeMs : 0, before)
    })
  })

  describe(`${name}: the container`, () => {
    it('is named as BuildKit names it, and knows itself', async () => {
      const { stdout } = await run('hostname; grep buildkitsandbox /etc/hosts')
      assert.equal(stdout, 'buildkitsandbox\n127.0.0.1\tlocalhost buildkitsandbox\n')
    })
    it('knows extra hosts', async () => {
      const { stdout } = await run('grep db /etc/hosts', { hostname: 'mine', extraHosts: [{ host: 'db', ip: '10.1.2.3' }] })
      assert.equal(stdout, '10.1.2.3\tdb\n')
    })
    it('has the machine’s name servers', async () => {
      const { stdout } = await run('cat /etc/resolv.conf')
      assert.equal(stdout, readFileSync('/etc/resolv.conf', 'utf8'))
    })
    it('gives its process number 1 and sees no other', async () => {
      const { stdout } = await run('echo $$; ls -d /proc/[0-9]* | wc -l')
      assert.match(stdout, /^1\n[123]\n$/)
    })
    it('has the devices that programs need', async () => {
      const { stdout } = await run('echo x >/dev/null; head -c 2 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; ls /dev | tr "\\n" " "')
      assert.equal(stdout, '2\n3\ncore fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ')
    })
    it('makes the working folder', async () => {
      await using fixture = await open()
      const root = fixture.makeRoot()
      const { stdout } = await collect(fixture.executor.run(shell(root, 'pwd', { cwd: '/a/b' }), never))
      assert.equal(stdout, '/a/b\n')
      assert.ok(statSync(join(root, 'a/b')).isDirectory())
    })
    it('leaves nothing of its own mounts in the root file system, nor in its times', async () => {
      await using fixture = await open()
      const root = fixture.makeRoot()
      for (const name of ['dev', 'proc', 'sys']) mkdirSync(join(root, name))
      const before = snapshot(root)
      await collect(fixture.executor.run(shell(root, 'ls /etc/hosts /proc/1 /dev/null >/dev/null'), never))
      assert.deepEqual(snapshot(root), before)
    })
    it('follows a link of the image in /etc/resolv.conf inside the root only', async () => {
      await using fixture = await open()
      const root = fixture.makeRoot()
      mkdirSync(join(root, 'etc'))
      symlinkSync('../../../run/x/resolv.conf', join(root, 'etc/resolv.conf'))
      const { stdout } = await collect(fixture.executor.run(shell(root, 'cat /run/x/resolv.conf | wc -l; ls -l /etc/resolv.conf | grep -c run'), never))
      assert.match(stdout, /^[1-9]\d*\n1\n$/)
      assert.equal(existsSync(join(root, 'run')), false)
    })
    it('has the memory for /dev/shm that was asked for', async () => {
      const { stdout } = await run('df -k /dev/shm | tail -1', { shmSizeBytes: 8 * 1024 * 1024 })
      assert.match(stdout, /\s8192\s/)
    })
    it('has no network but loopback where it is to have none', async () => {
      const { stdout } = await run('ls /sys/class/net >/dev/null; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "', { network: 'none' })
      assert.equal(stdout, 'lo\n')
    })
    it('keeps limits', async () => {
      const { stdout } = await run('ulimit -n; ulimit -Hn', { ulimits: [{ name: 'nofile', soft: 100, hard: 200 }] })
      assert.equal(stdout, '100\n200\n')
    })
    it('cannot mount in the sandbox, and can without one', async () => {
      const script = 'mkdir -p /m; mount -t tmpfs none /m 2>/dev/null && echo mounted || echo refused'
      assert.equal((await run(script)).stdout, 'refused\n')
      assert.equal((await run(script, { security: 'insecure' })).stdout, 'mounted\n')
    })
    it('filters system calls in the sandbox', async () => {
      const { stdout } = await run('grep Seccomp: /proc/self/status; unshare -r true 2>/dev/null || echo refused')
      assert.equal(stdout, 'Seccomp:\t2\nrefused\n')
    })
    it('keeps the root read-only where it is to be', async () => {
      await assert.rejects(run('touch /file', { isRootReadonly: true }), { exitCode: 1 })
    })
  })

  describe(`${name}: mounts`, () => {
    it('are seen in their order, are writable or not, and their missing targets vanish', async () => {
      await using fixture = await open()
      const [root, shared, secret] = [fixture.makeRoot(), fixture.makeRoot(), join(fixture.makeRoot(), 'secret')]
      writeFileSync(secret, 'hush')
      const mounts = [
        { kind: 'bind', source: shared, target: '/cache/one', readonly: false },
        { kind: 'bind', source: secret, target: '/run/secrets/token', readonly: true },
      ] as const
      const { stdout } = await collect(fixture.executor.run(shell(root, 'cat /run/secrets/token; echo kept >/cache/one/file; echo no 2>/dev/null >/run/secrets/token || echo " refused"', { mounts }), never))
      assert.equal(stdout, 'hush refused\n')
      assert.equal(readFileSync(join(shared, 'file'), 'utf8'), 'kept\n')
      assert.deepEqual(readdirSync(root).sort(), ['bin', 'dev', 'proc', 'sys']) // those of the kernel stay
    })
    it('keep a folder beside their target that the process filled', async () => {
      await using fixture = await open()
      const [root, shared] = [fixture.makeRoot(), fixture.makeRoot()]
      await collect(fixture.executor.run(shell(root, 'echo x >/cache/file', { mounts: [{ kind: 'bind', source: shared, target: '/cache/one', readonly: false }] }), never))
      assert.deepEqual(readdirSync(join(root, 'cache')), ['file'])
    })
  })

  describe(`${name}: users`, () => {
    const accounts = (root: string): void => {
      mkdirSync(join(root, 'etc'))
      writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n')
      writeFileSync(join(root, 'etc/group'), 'root:x:0:\napp:x:1001:\naudio:x:29:app\n')
    }
    const cases: readonly (readonly [user: string, expected: string])[] = [
      ['', '0 0 0'],
      ['app', '1000 1001 1001 29'],
      ['1000', '1000 1001 1001 29'],
      ['app:audio', '1000 29 29'],
      ['2000', '2000 0 0'],
      ['2000:3000', '2000 3000 3000'],
    ]
    for (const [user, expected] of cases) {
      it(`are ${expected} for ${JSON.stringify(user)}`, async () => {
        const { stdout } = await run('echo $(id -u) $(id -g) $(id -G)', { user }, accounts)
        assert.equal(stdout.trim(), expected)
      })
    }
    const homes: readonly (readonly [user: string, home: string])[] = [
      ['', '/root'],
      ['app', '/home/app'],
      ['1000:0', '/home/app'],
      ['2000', '/'],
    ]
    for (const [user, home] of homes) {
      it(`have ${home} as HOME for ${JSON.stringify(user)}`, async () => {
        assert.equal((await run('echo $HOME', { user }, accounts)).stdout.trim(), home)
      })
    }
    it('keep a HOME that is set', async () => {
      assert.equal((await run('echo $HOME', { user: 'app', env: ['PATH=/bin', 'HOME=/mine'] }, accounts)).stdout, '/mine\n')
    })
    it('fail by name where the image does not have them', async () => {
      await assert.rejects(run('true', { user: 'ghost' }, accounts), { name: 'ProcessStartError', message: /unable to find user "ghost"/ })
    })
  })

  describe(`${name}: a process with an input`, () => {
    it('reads it to its end', async () => {
      await using fixture = await open()
      await using process = await fixture.executor.open(shell(fixture.makeRoot(), 'cat; exit 5'), undefined, never)
      await process.write(Buffer.from('typed'))
      process.closeInput()
      assert.equal((await collect(process.output)).stdout, 'typed')
      assert.equal(await process.exitCode, 5)
    })
    it('has a terminal of the size asked for, which can change', async () => {
      await using fixture = await open()
      await using process = await fixture.executor.open(shell(fixture.makeRoot(), 'stty size; until stty size | grep -q "^50 "; do sleep 0.05; done; tty; read -r x; echo "got $x"'), { columns: 90, rows: 30 }, never)
      process.resize({ columns: 100, rows: 50 })
      await process.write(Buffer.from('word\n'))
      const { stdout } = await collect(process.output)
      assert.match(stdout.replace(/^word\r\n/, ''), /^(30 90|50 100)\r\n[^]*\/dev\/pts\/0\r\n[^]*got word\r\n$/)
      assert.equal(await process.exitCode, 0)
    })
    it('takes signals', async () => {
      await using fixture = await open()
      await using process = await fixture.executor.open(shell(fixture.makeRoot(), 'trap "exit 9" USR1; echo up; while :; do sleep 0.05; done'), undefined, never)
      await collect(process.output, () => process.kill('SIGUSR1'))
      assert.equal(await process.exitCode, 9)
    })
    it('is killed by disposal', async () => {
      await using fixture = await open()
      let process: RunningProcess | undefined
      {
        await using scoped = await fixture.executor.open(shell(fixture.makeRoot(), 'exec sleep 300'), undefined, never)
        process = scoped
      }
      assert.equal(await process.exitCode, 137)
    })
  })

  describe(`${name}: a process that is added to a container`, () => {
    const added = (script: string, change: Partial<AddedProcess> = {}): AddedProcess => ({ argv: ['/bin/sh', '-c', script], env: ['PATH=/bin'], secretEnv: [], cwd: '/', user: '', security: 'sandbox', ulimits: [], ...change })

    it('sees the files and processes of the first, and has an input, an environment and an exit code of its own', async () => {
      await using fixture = await open()
      await using first = await fixture.executor.open(shell(fixture.makeRoot(), 'echo here > /made; exec sleep 300'), undefined, never)
      await using second = await first.exec(added('until [ -s /made ]; do sleep 0.01; done; cat /made /proc/1/comm -; echo "$NAME$SECRET $PWD $(id -u)"; exit 4', { env: ['PATH=/bin', 'NAME=n'], secretEnv: ['SECRET=s'], cwd: '/new', user: '7' }), undefined, never)
      await second.write(Buffer.from('typed\n'))
      second.closeInput()
      assert.equal((await collect(second.output)).stdout, 'here\nsleep\ntyped\nns /new 7\n')
      assert.equal(await second.exitCode, 4)
    })
    it('may have a terminal, and takes signals', async () => {
      await using fixture = await open()
      await using first = await fixture.executor.open(shell(fixture.makeRoot(), 'exec sleep 300'), undefined, never)
      await using second = await first.exec(added('until stty size 2>/dev/null | grep -q "^30 90"; do sleep 0.01; done; trap "exit 9" USR1; echo up; while :; do sleep 0.05; done'), { columns: 90, rows: 30 }, never)
      let said = ''
      for await (const { bytes } of second.output) {
        said += Buffer.from(bytes).toString()
        if (said.includes('up')) second.kill('SIGUSR1')
      }
      assert.equal(said, 'up\r\n')
      assert.equal(await second.exitCode, 9)
    })
    it('ends with the first, and is not added to what has ended', async () => {
      await using fixture = await open()
      await using first = await fixture.executor.open(shell(fixture.makeRoot(), 'read -r x; exit 0'), undefined, never)
      await using second = await first.exec(added('echo up; exec sleep 300'), undefined, never)
      await collect(second.output, () => first.closeInput())
      assert.equal(await second.exitCode, 137)
      await first.exitCode
      await assert.rejects(first.exec(added('true'), undefined, never), { name: 'ContainerEndedError' })
    })
    it('is killed by disposal, and the first goes on', async () => {
      await using fixture = await open()
      await using first = await fixture.executor.open(shell(fixture.makeRoot(), 'read -r x; while grep -q sleep /proc/[0-9]*/comm 2>/dev/null; do :; done; echo alone'), undefined, never)
      {
        await using second = await first.exec(added('echo up; exec sleep 300'), undefined, never)
        for await (const _ of second.output) break
      }
      first.closeInput()
      assert.equal((await collect(first.output)).stdout, 'alone\n')
    })
    it('fails as another does where its program is not there', async () => {
      await using fixture = await open()
      await using first = await fixture.executor.open(shell(fixture.makeRoot(), 'exec sleep 300'), undefined, never)
      await using second = await first.exec({ ...added(''), argv: ['nope'] }, undefined, never)
      await collect(second.output)
      await assert.rejects(second.exitCode, { name: 'ProcessStartError', message: 'exec: "nope": executable file not found in $PATH' })
    })
  })

  describe(`${name}: platforms`, () => {
    it('begin with the machine’s own', async () => {
      await using fixture = await open()
      assert.equal(fixture.executor.platforms()[0]?.mode.kind, 'native')
    })
    it('that nothing runs are refused by name', async () => {
      await using fixture = await open()
      assert.throws(() => fixture.executor.runMode(parsePlatform('linux/wasm')), { name: 'EmulatorMissingError', message: /^linux\/wasm does not run on this machine/ })
      assert.throws(() => fixture.executor.runMode(parsePlatform('windows/amd64')), { name: 'EmulatorMissingError' })
    })
  })
}

interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** A spec for `sh -c script` on the machine's own platform. */
export function shell(rootfs: string, script: string, change: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    platform: parsePlatform(`linux/${NODE_ARCHITECTURES.get(process.arch) ?? process.arch}`),
    argv: ['/bin/sh', '-c', script],
    env: ['PATH=/bin'],
    secretEnv: [],
    cwd: '/',
    user: '',
    rootfs,
    isRootReadonly: false,
    mounts: [],
    network: 'default',
    security: 'sandbox',
    hostname: '',
    extraHosts: [],
    ulimits: [],
    shmSizeBytes: 0,
    cgroupParent: '',
    twins: undefined,
    ...change,
  }
}

const NODE_ARCHITECTURES: ReadonlyMap<string, string> = new Map([['x64', 'amd64'], ['ia32', '386']])

export async function collect(chunks: AsyncIterable<OutputChunk>, onChunk: () => void = () => undefined): Promise<Output> {
  const output = { stdout: '', stderr: '' }
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() } // a chunk may end within a character
  for await (const { stream, bytes } of chunks) {
    output[stream] += decoders[stream].decode(bytes, { stream: true })
    onChunk()
  }
  return output
}

/** Names and times, to the nanosecond, of all that is in `root`. */
function snapshot(root: string): readonly string[] {
  return ['', ...readdirSync(root, { recursive: true, encoding: 'utf8' })].map((name) => `${name} ${statSync(join(root, name), { bigint: true }).mtimeNs}`).toSorted()
}
