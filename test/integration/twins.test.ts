import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createCrunExecutor } from '../../src/executor/crunExecutor.ts'
import { collect, shell } from '../../src/executor/executor.suite.ts'
import type { Executor, ProcessSpec, TwinUseCount } from '../../src/executor/executor.ts'
import { parsePlatform } from '../../src/ground/platform.ts'
import { namespaceArgv } from '../../src/kit/enterNamespaces.ts'
import { CIPHER_PROGRAM } from '../support/images/cipherProgram.ts'
import { DEBIAN_PLATFORMS, fetchDebianRoot, missingForDebianRoots, releaseOf } from '../support/images/debianRoots.ts'
import { makeTwinRoot, writeDebianDatabase } from '../support/images/twinRoots.ts'
import { createOrdinaryUser, reasonAgainstUsers } from '../support/ordinaryUser.ts'
import { missing } from '../support/requires.ts'
import { PREPARE, TOOL_CASES } from '../support/twinTools.ts'

/*
 * Native twins of emulated programs, in the real container. As with the executor's own tests, this file runs itself
 * inside pelago-ns. `readlink /proc/self/exe` tells what a process is: a twin's is the sibling's loader.
 */

const never = new AbortController().signal
const roots = process.env['PELAGO_TWIN_ROOTS'] ?? ''
/** By Debian's names. */
const TARGETS: ReadonlyMap<string, string> = new Map([...DEBIAN_PLATFORMS].map(([platform, architecture]) => [architecture, platform]))
const TOOL_TARGETS = (process.env['PELAGO_TWIN_TARGETS'] ?? 's390x').split(',')

if (roots === '') testOutside()
else testInside()

function testOutside(): void {
  const reason = process.arch === 'x64' ? missingForDebianRoots('crun') : 'the siblings of the tests are for amd64'
  describe('native twins', { skip: reason }, () => {
    it('pass their tests inside the namespaces, as root and as an ordinary user', async (context) => {
      const folder = mkdtempSync(join(tmpdir(), 'pelago-twins-'))
      try {
        if (!(await makeRoots(join(folder, 'root'), ['amd64', 'arm64', ...TOOL_TARGETS]))) {
          context.skip('no Debian root to be had')
          return
        }
        const argv = (userId: number): readonly string[] => namespaceArgv([process.execPath, '--test-reporter=spec', fileURLToPath(import.meta.url)], process.env, userId)
        assertPasses(argv(process.getuid?.() ?? -1), { PELAGO_TWIN_ROOTS: join(folder, 'root') })
        if (reasonAgainstUsers() || missing('runuser', 'newuidmap', 'useradd')) return
        await makeRoots(join(folder, 'user'), ['amd64', 'arm64'])
        await using user = createOrdinaryUser({ hasIdRange: true })
        chmodSync(folder, 0o755)
        execFileSync('chown', ['-R', user.name, join(folder, 'user')])
        assertPasses(['runuser', '-u', user.name, '--', ...argv(1)], { PELAGO_TWIN_ROOTS: join(folder, 'user'), PELAGO_TWIN_BRIEF: '1', HOME: user.home })
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  })
}

async function makeRoots(folder: string, architectures: readonly string[]): Promise<boolean> {
  for (const architecture of new Set(architectures)) {
    const tar = await fetchDebianRoot(architecture, releaseOf(architectures))
    if (tar === undefined) return false
    makeTwinRoot(join(folder, architecture), tar)
  }
  return true
}

function assertPasses([program = '', ...args]: readonly string[], own: Readonly<Record<string, string>>): void {
  const { status, stdout, stderr } = spawnSync(program, args, { env: { ...process.env, ...own, NODE_TEST_CONTEXT: undefined }, encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
}

interface Ran {
  readonly output: string
  readonly use: TwinUseCount | undefined
}

async function runStep(executor: Executor, architecture: string, script: string, change: Partial<ProcessSpec> = {}): Promise<Ran> {
  let use: TwinUseCount | undefined
  const spec = shell(join(roots, architecture), script, { platform: parsePlatform(TARGETS.get(architecture) ?? ''), twins: { rootfs: join(roots, 'amd64'), platform: parsePlatform('linux/amd64') }, ...change })
  const { stdout, stderr } = await collect(executor.run(spec, never, { twinsUsed: (told) => (use = told) }))
  return { output: stdout + stderr, use }
}

const LOADER = '/dev/.pelago/root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'
const WHO = 'readlink /proc/self/exe'

/** Near the longest command line that there can be, a twin has no room for the words before its own, and is emulated. */
const LONGEST = `big=$(printf %0130000d 0); at() { left=$1; set --; while [ $left -gt 130000 ]; do set -- "$@" $big; left=$((left - 130000)); done; readlink /proc/self/exe "$@" $(printf "%0\${left}d" 0) 2>/dev/null; }
  high=$(getconf ARG_MAX); low=$((high - 4096)); while [ $((high - low)) -gt 16 ]; do mid=$(((high + low) / 2)); if [ -n "$(at $mid)" ]; then low=$mid; else high=$mid; fi; done; at $((low - 1000)); at $low`

const CASES: readonly (readonly [sentence: string, script: string, expected: string, change?: Partial<ProcessSpec>])[] = [
  ['runs an allowed tool natively', WHO, LOADER],
  ['runs another emulated', 'uname -m; seq 3 | cat', 'aarch64\n1\n2\n3'],
  ['runs it natively for another user', WHO, LOADER, { user: '1000' }],
  ['runs it natively from a script, and calls it by its name', 'printf "#!/bin/sh\\nreadlink /proc/self/exe\\n" >/s; chmod 755 /s; /s; cat /proc/self/comm; sh -c "cat /proc/\\$\\$/comm; :"', `${LOADER}\ncat\nsh`],
  ['emulates where LD_ variables are set', `LD_BIND_NOW=1 ${WHO}`, '/usr/bin/readlink'],
  ['emulates where a folder of LD_LIBRARY_PATH has a library, or one of its folders has', 'mkdir -p /own/deps /own/hwcaps/v3/deep; : >/own/deps/libown.so.1; cd /own/deps; for path in /none:/own/deps : /own/deps: /own/hwcaps \'/own/$LIB\' "/none;/own"; do LD_LIBRARY_PATH=$path readlink /proc/self/exe; done', Array(6).fill('/usr/bin/readlink').join('\n')],
  ['runs natively where no folder of LD_LIBRARY_PATH has one', 'mkdir -p /own/plain/more /own/link; : >/own/plain/a.rlib; : >/own/plain/more/b; ln -s a.rlib /own/plain/so; cd /own/plain; for path in "" /own/plain : /none:/own/plain/a.rlib:/own/link; do LD_LIBRARY_PATH=$path readlink /proc/self/exe; done', Array(4).fill(LOADER).join('\n')],
  ['emulates where loader and locales are tuned', `GLIBC_TUNABLES=a ${WHO}; GCONV_PATH=/x ${WHO}; LOCPATH=/x ${WHO}`, '/usr/bin/readlink\n/usr/bin/readlink\n/usr/bin/readlink'],
  ['emulates a locale of another character set', `LC_ALL=de_DE.ISO-8859-1 ${WHO}; LANG=ja_JP.eucJP ${WHO}; LC_CTYPE=C.UTF-8 LANG=C ${WHO}; LC_ALL=de_DE.utf8 ${WHO}`, `/usr/bin/readlink\n/usr/bin/readlink\n${LOADER}\n${LOADER}`],
  ['emulates a copy', `cp -p /usr/bin/readlink /copy; /copy /proc/self/exe`, '/copy'],
  ['emulates what was replaced', 'cp /usr/bin/readlink /new; mv /new /usr/bin/tac; tac /proc/self/exe', '/usr/bin/tac'],
  ['emulates what was only touched', 'touch /usr/bin/realpath; realpath /proc/self/exe', '/usr/bin/realpath'],
  ['emulates where a file has libraries put into every process', `touch /etc/ld.so.preload; ${WHO}; rm /etc/ld.so.preload; ${WHO}`, `/usr/bin/readlink\n${LOADER}`],
  ['lets a process run that may write no file', `(ulimit -f 0; ${WHO})`, LOADER],
  ['emulates in a chroot, where there are no twins', 'mkdir -p /c/usr; cp -al /usr/bin /usr/lib /c/usr/; cp -a /lib /bin /c/; /usr/sbin/chroot /c /usr/bin/echo inside', 'inside'],
  ['hands on arguments, however many', 'set -- $(ls /usr/bin /usr/bin /usr/bin /usr/bin /usr/bin /usr/bin); [ $# -gt 1500 ] && /bin/echo "" "*" "$@" | cut -c 1-4', ' * /'],
  ['emulates where the arguments are as long as can be', LONGEST, `${LOADER}\n/usr/bin/readlink`],
  ['hands on exit codes and signals', 'sh -c "exit 7"; echo $?; sh -c "kill -9 \\$\\$"; echo $?; cat /none; echo $?', '7\n137\n1\nKilled\ncat: /none: No such file or directory'],
  ['hands on closed files, and leaves none open', 'ls /proc/self/fd | wc -l; ls /proc/self/fd <&- | wc -l; cat <&-', '4\n3\ncat: -: Bad file descriptor\ncat: closing standard input: Bad file descriptor'],
  ['keeps the working folder and the mask', 'mkdir -p /w; cd /w; umask 027; sh -c "pwd; umask; touch f; stat -c %a f"', '/w\n0027\n640'],
  ['emulates what got rights in the step, and runs natively what may get none', "chmod 4755 /usr/bin/stat; setpriv --reuid 1000 --clear-groups stat -c '%N' /proc/self/exe; setpriv --no-new-privs readlink /proc/self/exe", `'/proc/self/exe' -> '/usr/bin/stat'\n${LOADER}`],
  ['has no sight of it in /dev', 'ls /dev | grep -c pelago', '0'],
]

/** apt and dpkg, but for apt's cache, which has times in it; the method unpacks a file that is none. */
const PACKAGE_MANAGERS = `mkdir -p /var/lib/apt/lists/partial /var/cache/apt/archives/partial /etc/apt/apt.conf.d; echo no archive >/a.gz; touch -d @1000000000 /a.gz
  dpkg --print-architecture; apt --version; apt-get --version; apt-config shell A APT::Architecture; apt-mark showhold; apt-cache policy; apt-config dump
  printf '600 URI Acquire\\nURI: store:/a.gz\\nFilename: /a\\n\\n' | /usr/lib/apt/methods/store; rm -f /a.gz /a`

/**
 * What passes through it and may show: names with blanks and line feeds, argv[0] of any form, scripts started by scripts,
 * files that are no programs, programs by an open file, environments that are empty, a command line as long as can be.
 */
const BOUNDARY = `rm -rf /b; mkdir /b; cd /b; N='o p
q'
  for a in 'my cat' '' -cat /x/y; do bash -c 'exec -a "$1" cat /none' - "$a"; done; ln -s /usr/bin/cat "$N"; "./$N" /none
  printf '#!/bin/sh\necho "$0" "$@"\n' >s1; printf '#!/b/s1 x y\n' >s2; printf '#!/usr/bin/env -S sh -u\necho "$0" "$@"\n' >"$N.sh"; echo 'echo none "$0" "$@"' >s3; chmod 755 s1 s2 s3 "$N.sh"
  ./s2 z; "./$N.sh" "$N"; ./s3 1; env ./s3 2; find s3 -exec ./{} 3 \\; ; echo ./s3 | xargs sh -c '"$0" 4'; : >empty; chmod 755 empty; ./empty; echo $?
  exec 3</usr/bin/cat; /proc/self/fd/3 /none; exec 3<&-; env -i /usr/bin/env; env -i /bin/sh -c 'echo $PATH'
  perl -e '$^F = shift; open F, "</usr/bin/cat"; ($c, $n, $e) = ("cat", "/none", ""); $argv = pack "ppQ", $c, $n, 0; syscall 281, fileno(F), $e, $argv, pack("Q", 0), 4096; print "$!\\n"' 9; echo $?
  perl -e 'print \`cat /none 2>&1\`; system "cat", "/none"; print $? >> 8, "\\n"'; (trap "" TERM; sh -c 'kill -TERM $$; echo alive'); (ulimit -n 8; cat s1)`

/** So many for an ordinary user, whose way is the same. */
const BRIEF_CASES = 4

function testInside(): void {
  describe('a step with native twins', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pelago-twins-state-'))
    const executor = await createCrunExecutor({ stateFolder: join(folder, 'state'), isStatePrivate: true, cacheFolder: folder, environment: process.env })
    const run = (script: string, change?: Partial<ProcessSpec>): Promise<Ran> => runStep(executor, 'arm64', `{ ${script}\n} 2>&1; :`, change)

    const isBrief = process.env['PELAGO_TWIN_BRIEF'] !== undefined
    if (!isBrief) testTools(executor) // before those that change tools
    for (const [sentence, script, expected, change] of isBrief ? CASES.slice(0, BRIEF_CASES) : CASES) {
      it(sentence, async () => assert.equal((await run(script, change)).output.trimEnd().split('\n').toSorted().join('\n'), expected.trimEnd().split('\n').toSorted().join('\n')))
    }
    it('counts both kinds, and leaves nothing behind', async () => {
      const before = readdirSync(join(roots, 'arm64/dev'))
      const { use } = await run('true; /bin/true; /bin/cat /dev/null; seq 1')
      assert.deepEqual(use, { native: 3, emulated: 1 })
      assert.deepEqual(readdirSync(join(roots, 'arm64/dev')), before)
      assert.deepEqual(readdirSync(join(folder, 'state')).filter((name) => name !== 'crun' && name !== 'copies' && !name.startsWith('links-')), [])
    })
    it('has the environment in the order that an emulated one has it', async () => {
      const script = 'exec env -u A B=1 C=2 D=3 env'
      assert.equal((await run(script)).output, (await run(script, { twins: undefined })).output)
    })
    it('shows nothing of it at its boundaries', async () => {
      const [native, emulated] = [await run(BOUNDARY), await run(BOUNDARY, { twins: undefined })]
      assert.equal(native.output, emulated.output)
      assert.ok((native.use?.native ?? 0) > 25, JSON.stringify(native.use))
    })
    it('shows the processor that steps without show', async () => {
      writeFileSync(join(roots, 'arm64/cipher'), CIPHER_PROGRAM, { mode: 0o755 })
      const script = '/cipher; echo $?; QEMU_CPU=cortex-a57 /cipher; echo $?'
      assert.equal((await run(script)).output, '1\n0\n')
      assert.equal((await run(script, { twins: undefined })).output, '1\n0\n')
    })
    it('has package managers for its own architecture', async () => {
      const native = await run(PACKAGE_MANAGERS)
      assert.match(native.output, /^arm64\napt .* \(arm64\)\n[^]*^A='arm64'$[^]*^APT::Architecture "arm64";$/m)
      assert.equal(native.use?.emulated, 0)
      assert.equal(native.output, (await run(PACKAGE_MANAGERS, { twins: undefined })).output)
    })
    if (!isBrief) testToolchain(run)
    if (!isBrief) testReasons(run)
    it('is tidied up after', () => rm(folder, { recursive: true, force: true }))
  })
}

const GCC = '/usr/libexec/gcc/aarch64-linux-gnu/14'
const CROSS = '/usr/libexec/gcc-cross/aarch64-linux-gnu/14'

/** How compilers are started, by programs that only print their arguments in the compilers' places: those of the real ones are compared by test/toolchain/verify. */
function testToolchain(run: (script: string, change?: Partial<ProcessSpec>) => Promise<Ran>): void {
  const twins = { rootfs: join(roots, 'amd64'), platform: parsePlatform('linux/amd64'), toolchain: { rootfs: join(roots, 'amd64') } }
  const crates = 'mkdir -p /deps /macros /inner/macros; : >/deps/liba.rlib; : >/macros/libb.so; : >/inner/macros/libc.so; '
  const many = 'set -- $(ls /usr/bin /usr/bin /usr/bin /usr/bin /usr/bin /usr/bin); '
  const cases: readonly (readonly [sentence: string, script: string, expected: RegExp])[] = [
    ['puts what is in files of arguments in their place', `printf 'a\\\\ b\nc ' >f; >g; ${GCC}/lto1 x @f @g y; ${many} ${GCC}/lto1 "$@" @f last | sed 's/.* a b/a b/'`, /^x a b c y\na b c last\n$/],
    ['emulates what its twin does otherwise, and files of arguments that not all read alike', `echo -fplugin=x >f; echo '"a"' >g; echo @f >h; ${GCC}/lto1 a.c --version; for file in f g h none; do ${GCC}/lto1 @$file; done; GCC_EXEC_PREFIX=/x ${GCC}/cc1 b`, /^a\.c --version\n@f\n@g\n@h\n@none\nb\n$/],
    ['gives a linker the plugin that it can load, if it is named in a file', `echo -plugin ${GCC}/liblto_plugin.so >f; aarch64-linux-gnu-ld.bfd a @f b`, new RegExp(`^a -plugin /dev/\\.pelago/toolchain${CROSS}/liblto_plugin\\.so b\n$`)],
    ['gives a linker the plugin that it can load', `aarch64-linux-gnu-ld.bfd a -plugin ${GCC}/liblto_plugin.so b`, new RegExp(`^a -plugin /dev/\\.pelago/toolchain${CROSS}/liblto_plugin\\.so b\n$`)],
    ['emulates one that is given another', `aarch64-linux-gnu-ld.bfd -plugin ${GCC}/liblto_plugin.so -plugin /p.so; aarch64-linux-gnu-ld.bfd -plugin`, new RegExp(`^-plugin ${GCC}/liblto_plugin\\.so -plugin /p\\.so\n-plugin\n$`)],
    ['tells rustc the target', `${crates} rustc a -L dependency=/deps -L/none -L /deps`, /^--sysroot \/usr --target aarch64-unknown-linux-gnu a -L dependency=\/deps -L\/none -L \/deps\n$/],
    ['emulates rustc where it may load a library, and where its arguments are in a file', `${crates} for folder in dependency=/macros /macros /inner; do rustc -L $folder; rustc -L$folder; done; rustc --extern b=b.so; echo -O >f; rustc @f; rustc --crate-type proc-macro`, /^-L dependency=\/macros\n-Ldependency=\/macros\n-L \/macros\n-L\/macros\n-L \/inner\n-L\/inner\n--extern b=b\.so\n@f\n--crate-type proc-macro\n$/],
  ]
  for (const [sentence, script, expected] of cases) {
    it(sentence, async () => {
      writeCompilers('Debian 14.2.0-19')
      assert.match((await run(script, { twins })).output, expected)
    })
  }
  it('says why a compiler is emulated', async () => {
    writeCompilers('Debian 14.2.0-18')
    const { output, use } = await run(`${GCC}/lto1 a.c`, { twins })
    assert.deepEqual([output, use?.withoutToolchain], ['a.c\n', 'gcc 14 is Debian 14.2.0-19 here, and Debian 14.2.0-18 in the toolchain'])
  })
}

/** As their packages bring them; `crossVersion` is that of the cross compiler. */
function writeCompilers(crossVersion: string): void {
  const binutils = '/usr/bin/aarch64-linux-gnu-ld.bfd'
  const install = (architecture: string, packages: Readonly<Record<string, readonly string[]>>, version: string): void => {
    const root = join(roots, architecture)
    writeDebianDatabase(root)
    for (const [name, paths] of Object.entries(packages)) {
      for (const path of paths) {
        makeFolder(join(root, dirname(path)))
        writeFileSync(join(root, path), Buffer.concat([readFileSync(join(root, 'usr/bin/echo')), Buffer.from(`\0/configure -v --with-pkgversion='${version}'\0`)]), { mode: 0o755 })
      }
      writeFileSync(join(root, `var/lib/dpkg/info/${name}.md5sums`), paths.map((path) => `${createHash('md5').update(readFileSync(join(root, path))).digest('hex')}  ${path.slice(1)}\n`).join(''))
      appendFileSync(join(root, 'var/lib/dpkg/status'), `\nPackage: ${name}\nStatus: install ok installed\nVersion: ${name === 'rustc' ? '1.85.1' : '14'}\nDepends: libc6\n`)
    }
  }
  install('arm64', { 'gcc-14': [`${GCC}/cc1`, `${GCC}/lto1`], 'binutils-aarch64-linux-gnu': [binutils], rustc: ['/usr/bin/rustc'] }, 'Debian 14.2.0-19')
  install('amd64', { 'gcc-14-aarch64-linux-gnu': [`${CROSS}/cc1`, `${CROSS}/lto1`, `${CROSS}/liblto_plugin.so`], 'binutils-aarch64-linux-gnu': [binutils], rustc: ['/usr/bin/rustc'] }, crossVersion)
}

/** Where there are none, it runs as it would without, and says why. */
function testReasons(run: (script: string, change?: Partial<ProcessSpec>) => Promise<Ran>): void {
  const root = join(roots, 'arm64')
  const status = join(root, 'var/lib/dpkg/status')
  const [services, release] = [join(root, 'etc/nsswitch.conf'), join(root, 'usr/lib/os-release')]
  const better = join(roots, 'amd64/usr/lib/x86_64-linux-gnu/glibc-hwcaps')
  const cases: readonly (readonly [sentence: string, script: string, expected: string, why: RegExp | undefined, prepare: () => void])[] = [
    ['a tool that is not its package’s is emulated', 'whoami /proc/self/exe', '/usr/bin/whoami', undefined, () => writeFileSync(join(root, 'usr/bin/whoami'), readFileSync(join(root, 'usr/bin/readlink')))],
    ['a tool of another version is emulated', `${WHO}; cat /proc/self/comm`, '/usr/bin/readlink\ncat', undefined, () => writeFileSync(status, readFileSync(status, 'utf8').replace(/(Package: coreutils\n.*\nVersion: )1/, '$12'))],
    ['names of users that a service knows are left to emulation', 'readlink /proc/$$/exe | grep -c ld-linux', '0', undefined, () => appendFileSync(services, 'passwd: ldap\n')],
    ['another distribution: none', WHO, '/usr/bin/readlink', /different distributions$/, () => writeFileSync(release, 'ID=raspbian\n')],
    ['a library for better processors: none', WHO, '/usr/bin/readlink', /^no tool/, () => writeFileSync(join(makeFolder(join(better, 'x86-64-v3')), 'libc.so.6'), '')],
    ['another C library: none', WHO, '/usr/bin/readlink', /^libc6 is 9\.0-1 for arm64, and 12-1 for amd64$/, () => writeDebianDatabase(root, '9.0-1')],
    ['no packages: none', WHO, '/usr/bin/readlink', /^the image for arm64 has no package database/, () => renameSync(status, `${status}.away`)],
  ]
  for (const [sentence, script, expected, why, prepare] of cases) {
    it(sentence, async () => {
      const before = [services, release].map((path) => [path, readFileSync(path)] as const)
      prepare()
      const { output, use } = await run(script)
      assert.equal(output.trimEnd(), expected)
      assert.match(use?.why ?? '', why ?? /^$/)
      if (existsSync(`${status}.away`)) renameSync(`${status}.away`, status)
      for (const [path, bytes] of before) writeFileSync(path, bytes)
      rmSync(better, { recursive: true, force: true })
      writeDebianDatabase(root)
    })
  }
  it('a step that mounts something at /dev: none', async () => {
    const { use } = await run('true', { mounts: [{ kind: 'tmpfs', target: '/dev', readonly: false, sizeBytes: 0 }] })
    assert.match(use?.why ?? '', /mounts something of its own at \/dev/)
  })
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true })
  return path
}

/**
 * Every tool of the allowlist that the roots have, both ways. For every run that is one platform, of the other byte order;
 * PELAGO_TWIN_TARGETS names others by Debian's names: `arm64,armhf,ppc64el`.
 */
function testTools(executor: Executor): void {
  for (const architecture of TOOL_TARGETS) {
    it(`has tools whose output for ${architecture} is that of emulated ones`, async () => {
      const has = (tool: string): boolean => existsSync(join(roots, architecture, 'usr/bin', tool)) && existsSync(join(roots, 'amd64/usr/bin', tool))
      const cases = TOOL_CASES.filter(({ tool }) => has(tool))
      const script = (work: string): string => `work=${work}\n${PREPARE}\n${cases.map(({ tool, script: body }) => `echo; echo "== ${tool}"; (${body}) 2>&1`).join('\n')}\nrm -r ${work}; :`
      const [native, emulated] = await Promise.all([runStep(executor, architecture, script('/work1')), runStep(executor, architecture, script('/work2'), { twins: undefined })])
      assert.ok((native.use?.native ?? 0) > 300, JSON.stringify(native.use))
      assert.deepEqual(sections(native.output), sections(emulated.output))
      assert.equal(sections(native.output).length, cases.length)
    })
  }
}

function sections(output: string): readonly string[] {
  return output.replaceAll(/\/work[12]/g, '/work').split(/^== /m).slice(1)
}
