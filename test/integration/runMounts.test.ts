import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fetchBusybox } from '../support/images/busybox.ts'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { busyboxContext } from '../support/images/busyboxContext.ts'
import { buildxArgv, missingBuildx } from '../support/peers/buildx.ts'
import { startEngine } from '../support/engine/engineSocket.ts'
import { createOrdinaryUser, reasonAgainstUsers } from '../support/ordinaryUser.ts'
import { openPelago, runCommand, writeContext, type CommandResult, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'
import { findLeftovers, findMounts, findProcesses, untilNone } from '../support/engine/traces.ts'

/** A build whose steps print; all that it has said. */
async function build(pelago: Pelago, context: string, ...args: readonly string[]): Promise<string> {
  const { stderr } = await pelago.succeed(['build', '--progress', 'plain', '-o', 'type=cacheonly', ...args, context])
  return stderr
}

/** What steps printed that began with `> `. */
function printed(output: string): readonly string[] {
  return [...output.matchAll(/^#\d+ [\d.]+ > (.*)$/gm)].map(([, line = '']) => line)
}

function contextOf(pelago: Pelago, steps: readonly string[], files: ContextFiles = {}): Promise<string> {
  return pelago.context(busyboxContext(steps, files))
}

/** Whether the last step of a busybox context was found in the cache. */
function isLastCached(output: string): boolean {
  return /^#(\d+) \[ *(\d+)\/\2\][^]*^#\1 CACHED$/m.test(output)
}

describe('RUN --mount', { skip: missingForBuilds() }, () => {
  let pelago: Pelago
  before(async () => {
    pelago = await openPelago()
  })
  after(() => pelago[Symbol.asyncDispose]())

  describe('of type bind', () => {
    const steps = [
      'RUN --mount=source=sub,target=/ctx cat /ctx/a && ! touch /ctx/b',
      'RUN --mount=target=/ctx,rw touch /ctx/b && echo "> $(ls /ctx/b)"',
      'RUN --mount=source=sub/a,target=/file --mount=target=/ctx,source=sub --mount=type=cache,target=/ctx/deep/er touch /ctx/deep/er/x && echo "> $(cat /file)"',
      'RUN test ! -e /ctx -a ! -e /file && echo "> gone"',
    ]

    it('shows a part of the context, keeps nothing that is written to it, and leaves no trace', async () => {
      const context = await contextOf(pelago, steps, { 'sub/a': 'text' })
      assert.deepEqual(printed(await build(pelago, context)), ['/ctx/b', 'text', 'gone'])
      assert.deepEqual(readdirSync(join(context, 'sub')), ['a'])
    })

    it('counts by what is in it: another file of the context changes nothing', async () => {
      const context = await contextOf(pelago, ['RUN --mount=source=sub,target=/ctx echo "> $(cat /ctx/a)"'], { 'sub/a': 'one', other: '1' })
      assert.deepEqual(printed(await build(pelago, context)), ['one'])
      await writeFile(join(context, 'other'), '2')
      assert.deepEqual(printed(await build(pelago, context)), [])
      await writeFile(join(context, 'sub/a'), 'two')
      assert.deepEqual(printed(await build(pelago, context)), ['two'])
    })

    it('is of a stage, too', async () => {
      const context = await contextOf(pelago, ['RUN echo made > /made', 'FROM 0 AS user', 'RUN --mount=from=0,source=/made,target=/in/it echo "> $(cat /in/it)"'].map((line) => line.replace('FROM 0', 'FROM base')))
      const dockerfile = join(context, 'Dockerfile')
      await writeFile(dockerfile, readFileSync(dockerfile, 'utf8').replace('FROM scratch', 'FROM scratch AS base'))
      assert.deepEqual(printed(await build(pelago, context)), ['made'])
    })
  })

  describe('of type cache', () => {
    const count = 'RUN --mount=type=cache,target=/c --mount=source=turn,target=/turn echo x >> /c/log && echo "> $(wc -l < /c/log)"'

    it('is kept from build to build, shown by du, pruned by its type, and begun anew with --no-cache', async () => {
      await pelago.succeed(['prune', '--force', '--filter', 'type=exec.cachemount']) // those of the tests before
      const context = await contextOf(pelago, [count], { turn: '' })
      const turn = async (...args: readonly string[]): Promise<readonly string[]> => {
        await writeFile(join(context, 'turn'), String(Math.random()))
        return printed(await build(pelago, context, ...args))
      }
      assert.deepEqual([await turn(), await turn(), await turn('--no-cache'), await turn()], [['1'], ['2'], ['1'], ['2']])
      const { stdout: shown } = await pelago.succeed(['du', '--verbose', '--filter', 'type=exec.cachemount'])
      assert.match(shown, /Mutable: +true[^]*Description: +cached mount \/c from .*RUN --mount/)
      assert.equal(shown.match(/^ID:/gm)?.length, 1)
      await pelago.succeed(['prune', '--force', '--filter', 'type=regular', '--filter', 'until=1h'])
      assert.deepEqual(await turn(), ['3'])
      const { stdout: pruned } = await pelago.succeed(['prune', '--force', '--filter', 'type=exec.cachemount'])
      assert.equal(pruned.trim().split('\n').length, 2, pruned)
      const { stdout: rest } = await pelago.succeed(['du', '--filter', 'type=regular'])
      assert.match(rest, /layer/)
      assert.deepEqual(await turn(), ['1'])
    })

    it('is no part of the key: a step is found whatever its cache holds, or is called', async () => {
      const context = await contextOf(pelago, ['RUN --mount=type=cache,id=one,target=/key echo x >> /key/log'])
      await build(pelago, context)
      const dockerfile = join(context, 'Dockerfile')
      await writeFile(dockerfile, readFileSync(dockerfile, 'utf8').replace('id=one', 'id=two,sharing=locked'))
      assert.ok(isLastCached(await build(pelago, context)))
    })

    it('has the owner and mode that it is to begin with', async () => {
      const context = await contextOf(pelago, ['ARG UID=12', 'RUN --mount=type=cache,target=/owned,uid=$UID,gid=34,mode=0750 echo "> $(ls -dln /owned | cut -c1-40)"'])
      assert.deepEqual(printed(await build(pelago, context)).map((line) => line.split(/ +/).slice(0, 4).join(' ')), ['drwxr-x--- 2 12 34'])
    })

    it('locked, is had by one step at a time, of several engines on one store', async () => {
      const script = 'echo + >> /c/log; sleep 0.7; echo - >> /c/log'
      const steps = ['a', 'b'].map(async (name) => {
        const context = await contextOf(pelago, [`RUN --mount=type=cache,id=locked,target=/c,sharing=locked : ${name}; ${script}`])
        const runtime = join(pelago.folder, `runtime-${name}`)
        await mkdir(runtime)
        await pelago.succeed(['build', '-o', 'type=cacheonly', context], { env: { XDG_RUNTIME_DIR: runtime, PELAGO_LINGER: '0' } })
      })
      await Promise.all(steps)
      const last = await contextOf(pelago, ['RUN --mount=type=cache,id=locked,target=/c echo "> $(tr -d "\\n" < /c/log)"'])
      assert.deepEqual(printed(await build(pelago, last)), ['+-+-'])
    })

    const arm64 = fetchBusybox('arm64')
    it('is a platform’s own unless it has a name', { skip: arm64 === undefined ? 'no busybox for arm64' : false }, async () => {
      const context = await contextOf(pelago, [])
      await writeFile(join(context, 'busybox-amd64'), readFileSync(join(context, 'busybox')))
      await writeFile(join(context, 'busybox-arm64'), readFileSync(arm64 ?? ''))
      const steps = [
        'FROM scratch', 'ARG TARGETARCH', 'COPY --chmod=755 busybox-$TARGETARCH /bin/busybox', 'COPY --chmod=755 busybox-$TARGETARCH /bin/sh', 'ENV PATH=/bin',
        'RUN --mount=type=cache,target=/own --mount=type=cache,id=both,target=/both,sharing=locked busybox touch /own/$TARGETARCH /both/$TARGETARCH',
        'RUN --mount=type=cache,target=/own --mount=type=cache,id=both,target=/both echo "> $(busybox ls /own | busybox wc -l) $(busybox ls /both | busybox wc -l)"',
      ]
      await writeFile(join(context, 'Dockerfile'), steps.join('\n'))
      await build(pelago, context, '--platform', 'linux/amd64')
      assert.deepEqual(printed(await build(pelago, context, '--platform', 'linux/arm64')), ['1 2'])
    })
  })

  it('of type tmpfs is empty memory of the size that is asked for', async () => {
    const context = await contextOf(pelago, ['RUN --mount=type=tmpfs,target=/work/t,size=2m df -k /work/t && echo "> $(ls /work/t | wc -l) $(stat -f -c %b:%S /work/t)" && touch /work/t/x', 'RUN echo "> $(ls /work)"'])
    assert.deepEqual(printed(await build(pelago, context)), ['0 512:4096', ''])
  })

  describe('of type secret', () => {
    const SECRET = 'hush-4b1d-never-on-a-disk'
    const steps = [
      'RUN --mount=type=secret,id=file,uid=5,mode=0440 test "$(wc -c < /run/secrets/file)" = 25 && echo "> $(ls -ln /run/secrets/file | tr -s " " | cut -d" " -f1,3,4)"',
      'RUN --mount=type=secret,id=var,env=TOKEN test ${#TOKEN} = 25 && test ! -e /run/secrets && echo "> has it"',
      'RUN --mount=type=secret,id=none --mount=type=secret,id=none,env=NONE test ! -e /run/secrets/none && echo "> ${NONE-unset}"',
      'RUN test ! -e /run && echo "> gone"',
    ]
    const flags = ['--secret', 'id=file,src=secret.txt', '--secret', 'id=var,env=TOKEN']

    it('is a file or a variable of the step, and nowhere else', async () => {
      await using pelago = await openPelago()
      const context = await contextOf(pelago, steps)
      await writeFile(join(pelago.folder, 'secret.txt'), SECRET)
      const result = await pelago.succeed(['build', '--progress', 'plain', '-t', 'kept', '-o', 'type=image', '-o', 'type=oci,dest=image.tar', '--metadata-file', 'meta.json', ...flags, context], { env: { TOKEN: SECRET } })
      assert.deepEqual(printed(result.stderr), ['-r--r----- 5 0', 'has it', 'unset', 'gone'])
      assertNowhere(SECRET, pelago, result, [join(pelago.folder, 'secret.txt')])
    })

    it('does not count: a step is found again with another one', async () => {
      const context = await contextOf(pelago, steps.slice(1, 2))
      for (const [value, isCached] of [[SECRET, false], ['0123456789012345678901234', true]] as const) {
        const output = await pelago.succeed(['build', '--progress', 'plain', '-o', 'type=cacheonly', '--secret', 'id=var,env=TOKEN', context], { env: { TOKEN: value } })
        assert.equal(isLastCached(output.stderr), isCached)
      }
    })

    it('that a step requires has to be there', async () => {
      const context = await contextOf(pelago, ['RUN --mount=type=secret,id=token,required true'])
      const { exitCode, stderr } = await pelago.run(['build', context])
      assert.deepEqual([exitCode, stderr.includes('secret token: not found'), stderr.includes('--secret id=token,src=FILE')], [1, true, true], stderr)
    })
  })
})

describe('RUN --mount=type=ssh', { skip: missingForBuilds() || missing('ssh-agent', 'ssh-add', 'ssh-keygen') }, () => {
  let pelago: Pelago
  let context: string
  before(async () => {
    pelago = await openPelago()
    const steps = [
      'COPY --chmod=755 ssh /',
      'ARG TURN',
      'RUN --mount=type=ssh --mount=type=ssh,id=other,uid=5,mode=0660 : $TURN; echo "> $(/ssh-add -l 2>&1 | cut -d" " -f3-)"; echo "> $(ls -ln /run/buildkit | tail -n 2 | tr -s " " | cut -c1-16 | tr "\\n" " ")"',
      'RUN --mount=type=ssh : $TURN; /ssh-add -T /key.pub && echo "> signs"; /ssh-add -D 2>/dev/null || echo "> keeps its keys"',
      'RUN test ! -e /run -a -z "$SSH_AUTH_SOCK" && echo "> gone"',
    ]
    context = await contextOf(pelago, steps, sshAdd())
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a key', '-f', join(pelago.folder, 'key')])
    await writeFile(join(context, 'ssh/key.pub'), readFileSync(join(pelago.folder, 'key.pub')))
  })
  after(() => pelago[Symbol.asyncDispose]())

  const wanted = ['a key (ED25519)', '^srw------- 1 0 0 srw-rw---- 1 5 0 $', 'signs', 'keeps its keys', 'gone']

  it('lends the agent of the user, which the step cannot change', async () => {
    await using agent = await startAgent(pelago.folder)
    execFileSync('ssh-add', ['-q', join(pelago.folder, 'key')], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket }, stdio: 'ignore' })
    const { stderr } = await pelago.succeed(['build', '--progress', 'plain', '-o', 'type=cacheonly', '--build-arg', 'TURN=1', '--ssh', 'default', '--ssh', `other=${agent.socket}`, context], { env: { SSH_AUTH_SOCK: agent.socket } })
    assertPrinted(printed(stderr), wanted)
    assert.match(execFileSync('ssh-add', ['-l'], { env: { ...process.env, SSH_AUTH_SOCK: agent.socket }, encoding: 'utf8' }), /a key/)
  })

  it('lends a key of a file', async () => {
    const { stderr } = await pelago.succeed(['build', '--progress', 'plain', '-o', 'type=cacheonly', '--build-arg', 'TURN=2', '--ssh', 'default=key', '--ssh', 'other=key', context])
    assertPrinted(printed(stderr), wanted)
  })

  it('goes without where nothing is lent, unless it is required', async () => {
    const optional = await contextOf(pelago, ['RUN --mount=type=ssh test ! -e /run/buildkit && echo "> none"'])
    assert.deepEqual(printed(await build(pelago, optional)), ['none'])
    const required = await contextOf(pelago, ['RUN --mount=type=ssh,required true'])
    const { exitCode, stderr } = await pelago.run(['build', required])
    assert.deepEqual([exitCode, stderr.includes('no SSH key "default" forwarded from the client'), /hint: .*--ssh default/.test(stderr)], [1, true, true], stderr)
  })

  const mistakes: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
    [['default'], /SSH_AUTH_SOCK names none/],
    [['x=missing'], /missing: no such file or socket/],
    [['x=key.pub'], /no private key that is known here/],
    [['x=key', 'x=key'], /duplicate agent ID "x"/],
  ]
  for (const [agents, message] of mistakes) {
    it(`is refused before the build for --ssh ${agents.join(' --ssh ')}`, async () => {
      const { exitCode, stderr } = await pelago.run(['build', ...agents.flatMap((agent) => ['--ssh', agent]), context])
      assert.deepEqual([exitCode, message.test(stderr)], [2, true], stderr)
    })
  }
})

describe('steps with mounts', { skip: missingForBuilds() }, () => {
  it('that are killed with their engine leave neither mount, lock nor secret', async () => {
    await using pelago = await openPelago({ PELAGO_LINGER: '0.5', PELAGO_WARM: '0' })
    const store = pelago.env['PELAGO_ROOT'] ?? ''
    const secret = 'hush-9f2e-killed'
    const context = await contextOf(pelago, ['ARG PAUSE=0', 'RUN --mount=type=cache,target=/c,sharing=locked --mount=type=secret,id=token,env=TOKEN --mount=type=secret,id=token echo "is pau""sed"; sleep $PAUSE; echo "> $(cat /run/secrets/token)"'])
    {
      await using command = startPelago({ env: { ...pelago.env, TOKEN: secret }, folder: pelago.folder }, ['build', '--progress=plain', '--build-arg', 'PAUSE=86420', '--secret', 'id=token,env=TOKEN', context])
      await command.printed(/is paused/)
      const engine = findProcesses(store).find(({ argv }) => argv[0]?.endsWith('/node') === true)
      process.kill(engine?.pid ?? assert.fail('no engine runs'), 'SIGKILL')
      await command.ended
    }
    await untilNone(() => findProcesses(store, '86420'), 60_000)
    assert.deepEqual(findMounts(store), [])
    assertNowhere(secret, pelago, { exitCode: 0, stdout: '', stderr: '' }, [])
    const { stderr } = await pelago.succeed(['build', '--progress', 'plain', '-o', 'type=cacheonly', '--secret', 'id=token,env=TOKEN', context], { env: { TOKEN: 'other' } })
    assert.deepEqual(printed(stderr), ['other'])
    await untilNone(() => findProcesses(store), 60_000)
    assert.deepEqual(findLeftovers(store), [])
  })

  it('are an ordinary user’s, too', { skip: reasonAgainstUsers() || missing('useradd', 'newuidmap', 'setpriv', 'ssh-keygen', 'ssh-add') }, async () => {
    await using user = createOrdinaryUser({ hasIdRange: true })
    const steps = [
      'COPY --chmod=755 ssh /',
      'RUN --mount=type=cache,target=/c,uid=12 --mount=source=note,target=/note --mount=type=tmpfs,target=/t cp /note /c/ && cp /note /t/ && echo "> $(ls -ldn /c | tr -s " " | cut -d" " -f3)"',
      'RUN --mount=type=secret,id=token,uid=5 echo "> $(ls -n /run/secrets/token | tr -s " " | cut -d" " -f1,3) $(cat /run/secrets/token)"',
      'RUN --mount=type=ssh,required echo "> $(/ssh-add -l | cut -d" " -f4)"',
      'RUN --security=insecure mkdir /mnt && mount -t tmpfs none /mnt && echo "> mounted"',
    ]
    const context = await writeContext(join(user.home, 'context'), busyboxContext(steps, { note: '', ...sshAdd() }))
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', join(user.home, 'key')])
    execFileSync('chmod', ['a+r', join(user.home, 'key')])
    await writeFile(join(user.home, 'token'), 'hush')
    const { exitCode, stderr } = await user.pelago('build', '--progress', 'plain', '-o', 'type=cacheonly', '--allow', 'security.insecure', '--secret', `id=token,src=${join(user.home, 'token')}`, '--ssh', `default=${join(user.home, 'key')}`, context)
    assert.equal(exitCode, 0, stderr)
    assert.deepEqual(printed(stderr), ['12', '-r-------- 5 hush', '(RSA)', 'mounted'])
    await untilNone(() => findProcesses(user.store), 60_000)
    assert.deepEqual([findMounts(user.home), findLeftovers(user.store)], [[], []])
  })
})

describe('RUN --security and --network', { skip: missingForBuilds() }, () => {
  it('leaves the sandbox only where the user allows it', async () => {
    await using pelago = await openPelago()
    const look = 'echo "> $(grep -c "^Seccomp:.0" /proc/self/status) $(mount -t tmpfs none /mnt 2>/dev/null && echo mounted) $(touch /sys/x 2>&1 | grep -c Read-only) $(grep CapEff /proc/self/status | cut -f2 | tr -d 0)"'
    const context = await contextOf(pelago, ['RUN mkdir /mnt', `RUN ${look}`, `RUN --security=insecure ${look}`])
    const { exitCode, stderr } = await pelago.run(['build', context])
    assert.deepEqual([exitCode, stderr.includes('security.insecure is not allowed'), stderr.includes('hint: add --allow security.insecure')], [1, true, true], stderr)
    const [sandbox = '', insecure = ''] = printed(await build(pelago, context, '--allow', 'security.insecure'))
    assert.equal(sandbox, '0  1 a8425fb')
    assert.match(insecure, /^1 mounted 0 1?f+$/)
  })
})

describe('docker buildx as client', { skip: missingBuildx || missingForBuilds() || missing('ssh-keygen', 'ssh-add') }, () => {
  it('gives secrets and a key to steps, and sees and prunes their caches', async () => {
    await using pelago = await openPelago()
    await using engine = await startEngine()
    const env = { ...pelago.env, BUILDX_CONFIG: join(pelago.folder, 'buildx'), TOKEN: 'hush' }
    const buildx = async (...args: readonly string[]): Promise<CommandResult> => {
      const result = await runCommand(buildxArgv(args), { env, cwd: pelago.folder })
      assert.equal(result.exitCode, 0, result.stderr)
      return result
    }
    await buildx('create', '--name', 'pelago', '--driver', 'remote', engine.address)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'a key', '-f', join(pelago.folder, 'key')])
    const context = await contextOf(pelago, ['COPY --chmod=755 ssh /', 'RUN --mount=type=secret,id=token,required --mount=type=ssh,required --mount=type=cache,target=/c touch /c/x; echo "> $(cat /run/secrets/token) $(/ssh-add -l | cut -d" " -f3-)"'], sshAdd())
    const { stderr } = await buildx('build', '--builder', 'pelago', '--progress', 'plain', '--secret', 'id=token,env=TOKEN', '--ssh', 'default=key', context)
    assertPrinted(printed(stderr), ['^hush .*\\(ED25519\\)$'])
    const caches = async (): Promise<number> => (await buildx('du', '--builder', 'pelago', '--filter', 'type=exec.cachemount')).stdout.match(/^[0-9a-f]{24}/gm)?.length ?? 0
    assert.equal(await caches(), 1)
    await buildx('prune', '--builder', 'pelago', '--force', '--filter', 'type=exec.cachemount')
    assert.equal(await caches(), 0)
  })
})

describe('RUN --device', { skip: missingForBuilds() }, () => {
  it('gives what a CDI spec describes to a step, where the user allows it', async () => {
    await using pelago = await openPelago({ PELAGO_CDI: '/nowhere' })
    const specs = await pelago.context({ 'gpu.json': JSON.stringify({ cdiVersion: '0.6.0', kind: 'acme.com/gpu', devices: [{ name: '0', containerEdits: { env: ['GPU=zero'], deviceNodes: [{ path: '/dev/gpu0', hostPath: '/dev/zero' }] } }] }) })
    const context = await contextOf(pelago, ['RUN --device=acme.com/gpu=0 test -c /dev/gpu0 && echo "> $GPU $(head -c 3 /dev/gpu0 | wc -c)"', 'RUN --device=acme.com/gpu=none echo "> ${GPU-without}"'])
    const settings = { env: { PELAGO_CDI: specs } }
    const refused = await pelago.run(['build', context], settings)
    assert.deepEqual([refused.exitCode, refused.stderr.includes('device=acme.com/gpu=0 is not allowed')], [1, true], refused.stderr)
    const { stderr } = await pelago.succeed(['build', '--progress', 'plain', '-o', 'type=cacheonly', '--allow', 'device=acme.com/gpu=0', context], settings)
    assert.deepEqual(printed(stderr), ['zero 3', 'without'])
    const required = await contextOf(pelago, ['RUN --device=acme.com/gpu=none,required true'])
    const missed = await pelago.run(['build', '--allow', 'device', required], settings)
    assert.deepEqual([missed.exitCode, missed.stderr.includes('device acme.com/gpu=none is not on this machine')], [1, true], missed.stderr)
  })
})

function assertPrinted(lines: readonly string[], wanted: readonly string[]): void {
  assert.equal(lines.length, wanted.length, lines.join('\n'))
  for (const [index, line] of lines.entries()) assert.ok(wanted[index]?.startsWith('^') === true ? new RegExp(wanted[index]).test(line) : line === wanted[index], `${line}, not ${wanted[index] ?? 'more'}`)
}

interface RunningAgent extends AsyncDisposable {
  readonly socket: string
}

async function startAgent(folder: string): Promise<RunningAgent> {
  const socket = join(folder, 'agent.sock')
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  for (let tries = 0; !existsSync(socket) && tries < 100; tries++) await delay(20)
  return {
    socket,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}

/** The machine's own ssh-add with the libraries that it needs, under `ssh/`. */
function sshAdd(): ContextFiles {
  const program = '/usr/bin/ssh-add'
  const libraries = [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
  const files: ContextFiles = Object.fromEntries(libraries.map((path) => [`ssh${path}`, readFileSync(path)]))
  return { ...files, 'ssh/ssh-add': readFileSync(program), 'ssh/etc/passwd': 'root:x:0:0::/root:/bin/sh\n' }
}

/** Not in what the command said, nor in any file that it left: blobs, layers, the database and its log. */
function assertNowhere(secret: string, { env, folder }: Pelago, { stdout, stderr }: CommandResult, but: readonly string[]): void {
  assert.doesNotMatch(stdout + stderr, new RegExp(secret))
  const folders = [env['PELAGO_ROOT'] ?? '', env['XDG_RUNTIME_DIR'] ?? '', env['HOME'] ?? '', folder]
  assert.deepEqual(findText(secret, folders), but)
}

/** The files that hold `text`. The engine goes on writing a build's log when its client has gone: where a file moved meanwhile, all are looked at anew. */
function findText(text: string, folders: readonly string[]): readonly string[] {
  for (;;) {
    const files = folders.flatMap((path) => readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)))
    assert.ok(files.some((path) => path.endsWith('state.db-wal') || path.endsWith('state.db')))
    try {
      return files.filter((path) => readFileSync(path).includes(text))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}
