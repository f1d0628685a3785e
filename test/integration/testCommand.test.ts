import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { runCommand, type CommandResult, type Pelago, type RunOptions } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { startPelago } from '../support/startedCommand.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

interface TestJson {
  passed: boolean
  platforms: { platform: string; passed: boolean; emulator?: string | null; missing?: string; skipped?: boolean; minMs?: number; medianMs?: number; maxMs?: number; runs: { outcome: string; exitCode?: number; signal?: string; output: string; outputFile?: string }[] }[]
}

/** Ends badly on 32-bit arm and on big-endian machines, each in its way. */
const SCRIPT = 'case $(uname -m) in armv7l) echo no luck on arm; exit 3;; s390x) echo crashing >&2; kill -SEGV $$;; *) echo fine;; esac'

describe('pelago test', { skip: missingForBuilds(), concurrency: false }, () => {
  let workbench: Workbench
  let registry: DockerRegistry
  let pelago: Pelago
  let image: string
  before(async () => {
    ({ registry, pelago, base: image } = workbench = await openWorkbench())
  })
  after(() => workbench[Symbol.asyncDispose]())

  const test = (args: readonly string[], options?: RunOptions): Promise<CommandResult> => pelago.run(['test', ...args], options)
  const testJson = async (...args: readonly string[]): Promise<TestJson> => JSON.parse((await test(['--format', 'json', ...args])).stdout) as TestJson

  it('runs on all platforms of the image, tells the bad ones first, and shows what those have printed', async () => {
    const { exitCode, stdout, stderr } = await test([image, '--', 'sh', '-c', SCRIPT])
    assert.equal(exitCode, 1)
    for (const line of [/^linux\/amd64 {2}\| \[started\]$/m, /^linux\/arm\/v7 \| \[started, emulated by qemu-arm.*\]$/m, /^linux\/arm\/v7 \| no luck on arm$/m, /^linux\/arm\/v7 \| \[exit code 3, [\d.]+m?s\]$/m]) assert.match(stderr, line)
    assert.match(stdout, /^--- linux\/arm\/v7: exit code 3 ---\nno luck on arm\n$/m)
    assert.match(stdout, /^--- linux\/s390x: SIGSEGV ---\ncrashing\n/m)
    const rows = stdout.slice(stdout.indexOf('\nPLATFORM ') + 1).trimEnd().split('\n').map((line) => line.split(/ {3,}/).slice(0, 3))
    assert.deepEqual(rows[0], ['PLATFORM', 'RUNS', 'RESULT'])
    assert.deepEqual(rows.slice(1, 3).map(([platform, , result]) => [platform, result]).sort(), [['linux/arm/v7', 'exit code 3'], ['linux/s390x', 'SIGSEGV']])
    assert.deepEqual(rows.slice(3).map(([platform, , result]) => [platform, result]).sort(), [['linux/386', 'passed'], ['linux/amd64', 'passed'], ['linux/arm64', 'passed']])
  })

  it('exits with 0 where all pass, with the flags of run, and prefers the local store', async () => {
    await pelago.succeed(['pull', image])
    const { exitCode, stdout, stderr } = await test(['--platform', 'linux/amd64,linux/arm64', '-e', 'A=b c', '-w', '/tmp', '-u', '7:8', '--mount', 'type=bind,src=/etc/hostname,dst=/h,ro', '--read-only', '--net', 'none', '--pull', 'never', image, 'sh', '-c', 'echo "$A $(pwd) $(id -u) $(id -g)" $(cat /h | wc -l)'])
    assert.equal(exitCode, 0, stderr)
    assert.match(stderr, /^linux\/arm64 \| b c \/tmp 7 8 1$/m)
    assert.match(stdout, /^linux\/amd64 +natively +passed/m)
  })

  it('says what the image does not have, and lets it pass where that is allowed', async () => {
    const args = ['--platform', 'linux/amd64,linux/riscv64', image, '--', 'true']
    const refused = await test(args)
    assert.equal(refused.exitCode, 1)
    assert.match(refused.stdout, /^linux\/riscv64 +- +missing: the image has no linux\/riscv64, but linux\/amd64/m)
    const allowed = await test(['--allow-missing', ...args])
    assert.equal(allowed.exitCode, 0, allowed.stderr)
    assert.match(allowed.stdout, /^linux\/riscv64 +- +skipped: /m)
    assert.equal((await test(['--allow-missing', '--platform', 'linux/riscv64', image])).exitCode, 1)
  })

  it('writes JUnit results', { skip: missing('python3') }, async () => {
    const file = join(pelago.folder, 'junit.xml')
    await test(['--junit', file, '--platform', 'linux/amd64,linux/arm/v7,linux/riscv64', '--allow-missing', image, '--', 'sh', '-c', `printf 'a<b&\\001\\033[31mred]]>"\\n'; ${SCRIPT}`])
    execFileSync('python3', ['-c', 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])', file])
    const xml = readFileSync(file, 'utf8')
    assert.match(xml, /<testsuite name="[^"]*busybox:latest" tests="3" failures="1" errors="0" skipped="1" time="[\d.]+" timestamp="[^"]+">/)
    assert.match(xml, /name="linux\/arm\/v7" time="[\d.]+">\n +<failure message="exit code 3" type="exited">a&lt;b&amp;\ufffdred\]\]&gt;"\nno luck on arm\n<\/failure>/)
    assert.equal([...xml.matchAll(/<testcase /g)].length, 3)
  })

  /** Waits until no program of a container sleeps for so long. */
  const untilEnded = async (seconds: string): Promise<void> => {
    const left = async (): Promise<string> => (await runCommand(['pgrep', '-f', `sleep ${seconds}$`])).stdout
    for (let tries = 0; tries < 100 && (await left()) !== ''; tries++) await delay(50)
    assert.equal(await left(), '')
  }

  it('ends what takes too long, and only that', async () => {
    const seconds = `988${process.pid}`
    const json = await testJson('--timeout', '1500ms', '--platform', 'linux/amd64,linux/arm64', image, '--', 'sh', '-c', `test $(uname -m) = x86_64 || { echo waiting; sleep ${seconds}; }`)
    await untilEnded(seconds)
    assert.deepEqual(json.platforms.map(({ platform, passed, runs }) => [platform, passed, runs.map(({ outcome, output }) => [outcome, output])]), [
      ['linux/amd64', true, [['exited', '']]],
      ['linux/arm64', false, [['timed-out', 'waiting\n']]],
    ])
  })

  it('repeats, and tells how the times are spread', async () => {
    const args = ['--repeat', '3', '--platform', 'linux/amd64,linux/arm64', image, '--', 'true']
    const json = await testJson(...args)
    for (const { runs, minMs = -1, medianMs = -1, maxMs = -1 } of json.platforms) {
      assert.equal(runs.length, 3)
      assert.ok(minMs >= 0 && minMs <= medianMs && medianMs <= maxMs)
    }
    const { stdout } = await test(args)
    assert.match(stdout, /^linux\/amd64 +natively +3\/3 passed +[\d.]+m?s +[\d.]+m?s +[\d.]+m?s$/m)
    assert.match(stdout, /^linux\/arm64 +emulated by \S.* +3\/3 passed +[\d.]+m?s\* +[\d.]+m?s\* +[\d.]+m?s\*$/m)
    assert.match(stdout, /^\* emulated: /m)
  })

  it('ends the others at the first failure where that is wanted', async () => {
    const json = await testJson('--fail-fast', '--parallel', '2', '--platform', 'linux/amd64,linux/arm64,linux/386', image, '--', 'sh', '-c', 'test $(uname -m) != x86_64 || exit 1; sleep 30')
    assert.deepEqual(json.platforms.map(({ platform, runs }) => [platform, runs.map(({ outcome }) => outcome)]), [['linux/amd64', ['exited']], ['linux/arm64', ['cancelled']], ['linux/386', ['cancelled']]])
  })

  it('keeps long output of a failure in a file, and shows its end', async () => {
    const { stdout } = await test(['--platform', 'linux/amd64', image, '--', 'sh', '-c', 'yes 0123456789 | head -n 100000; echo the end; exit 1'])
    const file = /\(the end of 1\.1MB; all of it is in (\S+)\)/.exec(stdout)?.[1] ?? assert.fail(stdout)
    assert.equal(statSync(file).size, 1_100_000 + 'the end\n'.length)
    rmSync(dirname(file), { recursive: true })
    assert.match(stdout, /^0123456789\nthe end\n/m)
    assert.ok(stdout.length < 80_000)
  })

  it('tells what did not start', async () => {
    const json = await testJson('--platform', 'linux/amd64', image, '--', '/nowhere')
    assert.deepEqual(json.platforms[0]?.runs.map(({ outcome }) => outcome), ['not-started'])
    const unknown = await test([`${registry.host}/nowhere`])
    assert.equal(unknown.exitCode, 1)
    assert.match(unknown.stderr, /no such image/)
  })

  it('ends all containers when it is interrupted', async () => {
    const seconds = `987${process.pid}`
    await using started = startPelago(pelago, ['test', '--parallel', '3', '--platform', 'linux/amd64,linux/arm64', image, '--', 'sh', '-c', `echo running; sleep ${seconds}`])
    await started.printed(/linux\/amd64 \| running[^]*linux\/arm64 \| running|linux\/arm64 \| running[^]*linux\/amd64 \| running/)
    started.kill('SIGINT')
    assert.equal((await started.ended).status, 130)
    await untilEnded(seconds)
  })

  it('shows all platforms side by side on a terminal', { skip: missing('script') }, async () => {
    const { stdout } = await runCommand(['script', '-qec', `${new URL('../../bin/pelago', import.meta.url).pathname} test --platform linux/amd64,linux/arm64 ${image} -- sh -c "echo hello; sleep 0.3"`, '/dev/null'], { env: { ...pelago.env, TERM: 'xterm' } })
    assert.match(stdout, /✔ linux\/amd64 {2}passed/)
    assert.match(stdout, /linux\/arm64 {2}hello .*⚙ qemu/)
  })

  const refused: readonly { readonly args: readonly string[]; readonly message: RegExp }[] = [
    { args: ['--parallel', '0', 'a'], message: /invalid --parallel: "0"/ },
    { args: ['--repeat', 'x', 'a'], message: /invalid --repeat: "x"/ },
    { args: ['--timeout', '5', 'a'], message: /invalid duration: "5"/ },
    { args: ['-t', 'a'], message: /-t is not supported/ },
    { args: ['a', '--platform', 'linux/amd64', '--', 'true'], message: /flags stand before the image, and --platform is behind a/ },
  ]
  for (const { args, message } of refused) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { exitCode, stderr } = await test(args)
      assert.equal(exitCode, 2)
      assert.match(stderr, message)
    })
  }
})
