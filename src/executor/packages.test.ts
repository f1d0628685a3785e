import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { installHint, qemuHint } from './packages.ts'

describe('what installs a program', () => {
  const cases: readonly (readonly [title: string, osRelease: string, newuidmap: string, qemu: string])[] = [
    ['Debian', 'PRETTY_NAME="Debian"\nID=debian\n', 'apt-get install uidmap', 'apt-get install qemu-user-static'],
    ['Ubuntu, by what it is like', 'ID=ubuntu\nID_LIKE=debian\n', 'apt-get install uidmap', 'apt-get install qemu-user-static'],
    ['Fedora', 'ID=fedora\n', 'dnf install shadow-utils', 'dnf install qemu-user-static-ppc'],
    ['Rocky Linux, by what it is like', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf install shadow-utils', 'dnf install qemu-user-static-ppc'],
    ['Alpine', 'ID=alpine\n', 'apk add shadow-uidmap', 'apk add qemu-ppc64le'],
    ['openSUSE', 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', 'zypper install shadow', 'zypper install qemu-linux-user'],
    ['Arch', 'ID=arch\n', 'pacman -S shadow', 'pacman -S qemu-user-static'],
    ['an unknown one', '', 'install the package uidmap (shadow-utils, shadow-uidmap)', 'install the package qemu-user-static'],
  ]
  for (const [title, osRelease, newuidmap, qemu] of cases) {
    it(`is told in the words of ${title}`, () => assert.deepEqual([installHint('newuidmap', osRelease), qemuHint('ppc64le', osRelease)], [newuidmap, qemu]))
  }
})
