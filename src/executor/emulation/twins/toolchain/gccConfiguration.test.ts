import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeDifference, findConfiguration } from './gccConfiguration.ts'

const NATIVE = "../src/configure -v --with-pkgversion='Debian 14.2.0-19' --with-bugurl=file:///usr/share/doc/gcc-14/README.Bugs --enable-languages=c,c++ --prefix=/usr --with-arch=rv64gc --enable-bootstrap --enable-offload-targets=nvptx-none=/x/usr --host=riscv64-linux-gnu --target=riscv64-linux-gnu"
const CROSS = "../src/configure -v --with-pkgversion='Debian 14.2.0-19' --with-bugurl=file:///x --enable-languages=c --prefix=/usr --with-sysroot=/ --host=x86_64-linux-gnu --with-arch=rv64gc --target=riscv64-linux-gnu --includedir=/usr/riscv64-linux-gnu/include"

describe('the configuration of a gcc', () => {
  const files: readonly (readonly [name: string, file: string, found: string | undefined])[] = [
    ['is a string among others', `\0x\0${NATIVE}\0Debian`, NATIVE],
    ['is not in other programs', '\0configure it\0/configure\0', undefined],
    ['is not there where it does not end', `\0${NATIVE}`, undefined],
    ['is not there where it is too long', `\0/configure -${'x'.repeat(20_000)}\0`, undefined],
  ]
  for (const [name, file, found] of files) it(name, () => assert.equal(findConfiguration(Buffer.from(file)), found))

  const others: readonly (readonly [name: string, cross: string, difference: string | undefined])[] = [
    ['does not differ by where things are, and what it was built by', CROSS, undefined],
    ['differs by the revision', CROSS.replace('14.2.0-19', '14.2.0-18'), 'gcc 14 is Debian 14.2.0-19 here, and Debian 14.2.0-18 in the toolchain'],
    ['differs by who made it', CROSS.replace(/--with-pkgversion='[^']*'/, ''), 'gcc 14 is Debian 14.2.0-19 here, and of no known version in the toolchain'],
    ['differs by the processor that code is for', CROSS.replace('rv64gc', 'rv64imac'), 'gcc 14 and that in the toolchain are configured otherwise: --with-arch=rv64gc --with-arch=rv64imac'],
    ['differs by a default of one of them', `${CROSS} --enable-default-pie`, 'gcc 14 and that in the toolchain are configured otherwise: --enable-default-pie'],
    ['differs by the target', CROSS.replace('--target=riscv64', '--target=aarch64'), 'gcc 14 and that in the toolchain are configured otherwise: --target=riscv64-linux-gnu --target=aarch64-linux-gnu'],
  ]
  for (const [name, cross, difference] of others) it(name, () => assert.equal(describeDifference('14', NATIVE, cross), difference))
})
