import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { machineOf, elfIdentityOf } from '../../archive/elf/elfMachine.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { explainFailure, explainStart, type FailedProcess } from './explainFailure.ts'
import { parseScript, type ProgramFile } from './programFile.ts'
import type { ProgramView } from './programView.ts'

function elf(architecture: string, loader?: string): ProgramFile {
  const identity = elfIdentityOf(architecture)
  return { kind: 'elf', machine: identity === undefined ? undefined : machineOf(identity), loader, isCut: false }
}

function script(firstLine: string): ProgramFile {
  return parseScript(Buffer.from(`${firstLine}\nexit\n`)) ?? { kind: 'text' }
}

const GLIBC = '/lib/ld-linux-aarch64.so.1'
const MUSL = '/lib/ld-musl-aarch64.so.1'

const FILES: Readonly<Record<string, ProgramFile>> = {
  '/bin/sh': elf('arm64'),
  '/usr/bin/env': elf('arm64'),
  '/usr/local/bin/tool': elf('amd64'),
  '/app/empty': { kind: 'empty' },
  '/app/page': { kind: 'other', what: 'an HTML page' },
  '/app/plain': { kind: 'not-executable' },
  '/app/text': { kind: 'text' },
  '/app/folder': { kind: 'folder' },
  '/app/cut': { kind: 'elf', machine: undefined, loader: undefined, isCut: true },
  '/app/alien': elf('none such'),
  '/app/emulated': elf('s390x'),
  '/app/power': elf('ppc64le', '/lib64/ld64.so.2'),
  '/app/glibc': elf('arm64', GLIBC),
  '/app/musl': elf('arm64', MUSL),
  '/app/arm': elf('arm', '/lib/ld-linux-armhf.so.3'),
  '/app/run.sh': script('#!/bin/sh\r'),
  '/app/bash.sh': script('#!/bin/bash -e'),
  '/app/node.js': script('#!/usr/bin/env -S node --flag'),
  '/app/env.sh': script('#!/usr/bin/env bash\r'),
  '/app/none.sh': script('#!'),
  '/app/wrapped': script('#! /usr/local/bin/tool -x'),
  '/app/good.sh': script('#!/bin/sh'),
  '/app/loop': script('#!/app/loop'),
}

/** arm64 and s390x run here, amd64 would with QEMU. */
function failed(argv: readonly string[], change: Partial<Record<string, ProgramFile>> = {}, libraries: readonly string[] = []): FailedProcess {
  const files = new Map<string, ProgramFile | undefined>(Object.entries({ ...FILES, ...change }))
  const view: ProgramView = { file: (path) => files.get(path) ?? { kind: 'absent' }, names: (path) => (path === '/lib' ? libraries : []) }
  const spec = { argv, cwd: '/app', env: ['PATH=/usr/local/bin:/usr/bin:/bin:/opt/x'], platform: parsePlatform('linux/arm64'), user: '' }
  const runs = new Map([['arm64', undefined], ['s390x', undefined], ['ppc64le', undefined], ['amd64', 'apt-get install qemu'], ['arm', '']])
  return { spec, view, howToRun: (architecture) => (runs.has(architecture) ? runs.get(architecture) : '') }
}

describe('a program that cannot be started', () => {
  const cases: readonly { readonly name: string; readonly argv: string; readonly libraries?: readonly string[]; readonly change?: Partial<Record<string, ProgramFile>>; readonly want: RegExp | undefined }[] = [
    { name: 'is foreign, looked up on PATH, and the emulator is named', argv: 'tool', want: /^\/usr\/local\/bin\/tool is for linux\/amd64 \(x86-64\), and this runs on linux\/arm64: .*\$TARGETARCH is arm64; to run it as it is: apt-get install qemu$/ },
    { name: 'is for a processor that nobody knows', argv: './alien', want: /^\/app\/alien is a program for a processor of another kind/ },
    { name: 'is nothing to complain of where it is emulated', argv: '/app/emulated', want: undefined },
    { name: 'is foreign where it is emulated, but its loader is of the other architecture', argv: '/app/power', want: /is for linux\/ppc64le/ },
    { name: 'is of 32 bits, and nothing runs it', argv: '/app/arm', want: /is for linux\/arm \(ARM, 32 bits\), and this runs on linux\/arm64: fetch or build it for linux\/arm64: in a Dockerfile, \$TARGETARCH is arm64$/ },
    { name: 'is empty', argv: '/app/empty', want: /^\/app\/empty is empty: / },
    { name: 'is another kind of file', argv: '/app/page', want: /is an HTML page: .*curl -f/ },
    { name: 'is not executable', argv: '/app/plain', want: /is not executable: COPY --chmod=755, or RUN chmod \+x \/app\/plain$/ },
    { name: 'is a text', argv: '/app/text', want: /without #!/ },
    { name: 'is a folder', argv: '/app/folder', want: /is a folder/ },
    { name: 'is cut off', argv: '/app/cut', want: /is a program that is cut off/ },
    { name: 'lacks its loader', argv: '/app/glibc', want: /its loader \/lib\/ld-linux-aarch64\.so\.1 \(glibc\) is not in the image: install the C library .* for arm64, or link it statically$/ },
    { name: 'is for glibc in an image of musl', argv: '/app/glibc', libraries: ['libc.so', 'ld-musl-aarch64.so.1'], want: /\(glibc\) is not in the image, whose C library is musl: .*apk add gcompat$/ },
    { name: 'is for musl in an image of glibc', argv: '/app/musl', libraries: ['ld-linux-aarch64.so.1'], want: /\(musl\) is not in the image, whose C library is glibc: .*apt-get install musl$/ },
    { name: 'has its loader', argv: '/app/glibc', change: { [GLIBC]: elf('arm64') }, want: undefined },
    { name: 'is a script with Windows line ends', argv: '/app/run.sh', want: /^\/app\/run\.sh has Windows line ends.*"\/bin\/sh\\r": sed -i 's\/\\r\$\/\/' \/app\/run\.sh/ },
    { name: 'is a script of env with Windows line ends', argv: '/app/env.sh', want: /looked for as "bash\\r"/ },
    { name: 'is a script without its interpreter', argv: '/app/bash.sh', want: /asks for the interpreter "\/bin\/bash", which is not in the image: [^,]*, or name one that is there$/ },
    { name: 'is a script whose interpreter is elsewhere', argv: '/app/bash.sh', change: { '/opt/x/bash': elf('arm64') }, want: /such as \/opt\/x\/bash$/ },
    { name: 'is a script whose interpreter env does not find', argv: '/app/node.js', want: /asks for the interpreter "node", which is not on PATH \(\/usr\/local\/bin:/ },
    { name: 'is a script that names no interpreter', argv: '/app/none.sh', want: /names no interpreter/ },
    { name: 'is a script whose interpreter is foreign', argv: '/app/wrapped', want: /^\/app\/wrapped has the interpreter "\/usr\/local\/bin\/tool", which is for linux\/amd64/ },
    { name: 'is a script that has all it needs', argv: '/app/good.sh', want: undefined },
    { name: 'is a script that is its own interpreter', argv: '/app/loop', want: undefined },
    { name: 'is not there', argv: '/app/nosuch', want: undefined },
    { name: 'is not on PATH', argv: 'nosuch', want: undefined },
  ]
  for (const { name, argv, libraries = [], change = {}, want } of cases) {
    it(name, () => assert.match(String(explainStart(failed([argv], change, libraries))), want ?? /^undefined$/))
  }
})

describe('the explanation of a failure', () => {
  const shell = (line: string): readonly string[] => ['/bin/sh', '-c', line]
  const cases: readonly { readonly name: string; readonly argv?: readonly string[]; readonly output: string; readonly exitCode: number; readonly want: RegExp | undefined }[] = [
    { name: 'dash', output: '/bin/sh: 1: tool: Exec format error', exitCode: 126, want: /^\/usr\/local\/bin\/tool is for linux\/amd64/ },
    { name: 'bash', output: '/bin/sh: line 1: ./alien: cannot execute binary file: Exec format error\n', exitCode: 126, want: /^\/app\/alien is a program/ },
    { name: 'bash, of a loader', output: 'bash: line 1: ./glibc: cannot execute: required file not found', exitCode: 127, want: /^\/app\/glibc is linked dynamically/ },
    { name: 'bash, of an interpreter', output: '/bin/sh: ./bash.sh: /bin/bash: bad interpreter: No such file or directory', exitCode: 126, want: /^\/app\/bash\.sh asks for/ },
    { name: 'busybox, which takes it for a script', output: './alien: line 1: syntax error: unexpected word (expecting ")")', exitCode: 2, want: /^\/app\/alien is a program/ },
    { name: 'busybox, of a loader', output: '/bin/sh: /app/glibc: not found', exitCode: 127, want: /^\/app\/glibc is linked/ },
    { name: 'busybox, through a terminal', output: '\u001b[0m/bin/sh: /app/glibc: not found\r\n', exitCode: 127, want: /^\/app\/glibc is linked/ },
    { name: 'make', output: 'make: tool: Exec format error\nmake: *** [Makefile:2: all] Error 127\n', exitCode: 2, want: /^\/usr\/local\/bin\/tool is for/ },
    { name: 'Go', output: 'fork/exec ./cut: exec format error', exitCode: 1, want: /^\/app\/cut is a program that is cut/ },
    { name: 'Python', output: "OSError: [Errno 8] Exec format error: '/app/empty'", exitCode: 1, want: /^\/app\/empty is empty/ },
    { name: 'Node', output: 'Error: spawn /usr/local/bin/tool ENOEXEC\n    at ChildProcess.spawn (node:internal/child_process:420:11)', exitCode: 1, want: /tool is for/ },
    { name: 'QEMU, which names the loader only', argv: shell('cd /opt; /app/glibc --version'), output: "qemu-aarch64: Could not open '/lib/ld-linux-aarch64.so.1': No such file or directory", exitCode: 255, want: /^\/app\/glibc is linked/ },
    { name: 'a shell that went elsewhere', argv: shell('cd /app && cd /opt && ./glibc'), output: '/bin/sh: 1: ./glibc: not found', exitCode: 127, want: /^\/app\/glibc is linked/ },
    { name: 'a shell, of what may not be executed', output: '/bin/sh: 1: /app/plain: Permission denied', exitCode: 126, want: /is not executable/ },
    { name: 'a program that is cut off', argv: shell('/app/cut'), output: 'Segmentation fault', exitCode: 139, want: /cut off/ },
    { name: 'nobody, of a file that may not be read', output: 'cat: /app/plain: Permission denied', exitCode: 1, want: undefined },
    { name: 'nobody, of a script with a mistake', output: '/app/text: line 1: syntax error: unexpected "("', exitCode: 2, want: undefined },
    { name: 'nobody, of a file that is absent', output: '/bin/sh: 1: nosuch: not found', exitCode: 127, want: undefined },
    { name: 'nobody, of a page beside a command that is absent', argv: shell('parse /app/page'), output: '/bin/sh: 1: parse: not found', exitCode: 127, want: undefined },
    { name: 'nobody, of an emulated program that misses a file', argv: shell('/app/emulated'), output: 'emulated: applet not found', exitCode: 127, want: undefined },
    { name: 'nobody, of a failure long before', output: `/bin/sh: 1: tool: Exec format error\n${'line\n'.repeat(50)}`, exitCode: 1, want: undefined },
    { name: 'nobody, of an ordinary failure', output: 'tests failed', exitCode: 1, want: undefined },
  ]
  for (const { name, argv = ['/bin/sh', '-c', 'x'], output, exitCode, want } of cases) {
    it(`is understood from ${name}`, () => assert.match(String(explainFailure(failed(argv), output, exitCode)), want ?? /^undefined$/))
  }
})
