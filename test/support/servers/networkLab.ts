import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { missing, missingForRootWork } from '../requires.ts'

/** Machines of their own networks, as far as one machine can be several: network namespaces, each at the end of a cable to this one. */
export interface NetworkLab extends Disposable {
  /** An address of this machine that all of them reach. */
  readonly home: string
  readonly machines: readonly LabMachine[]
}

export interface LabMachine {
  readonly address: string
  /** The command line that has `argv` run there; by replacing itself, so that signals reach it. */
  readonly argvThere: (argv: readonly [string, ...string[]]) => readonly [string, ...string[]]
  /** From now on nothing comes through, and nobody is told. */
  cut(): void
  /** Has what is sent there take its time, by the kernel's own queue. */
  slowDown(bitsPerSecond: number): void
}

/** For a test's `skip`: what it lacks. */
export function missingForLab(): string | false {
  return missingForRootWork('ip', 'nsenter') || missingNamespaces()
}

function missingNamespaces(): string | false {
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore' })
    return false
  } catch {
    return 'no network namespace can be made here'
  }
}

/** For a test's `skip`: whether links can be slowed down. */
export const missingForSlowLinks = missing('tc')

/** In 198.18.0.0/15, which is for tests of networks (RFC 2544): one lab of 64 machines at most for a process, by its number. */
export function openNetworkLab(count: number): NetworkLab {
  sweep()
  const mark = `pl${process.pid}`
  const subnet = `198.18.${process.pid % 256}`
  const names = Array.from({ length: count }, (_, index) => ({ there: `${mark}n${index}`, cable: `${mark}c${index}`, home: `${subnet}.${index * 4 + 1}`, address: `${subnet}.${index * 4 + 2}` }))
  const undo = (): void => {
    for (const { there, cable } of names) {
      tryIp('link', 'delete', cable)
      tryIp('netns', 'delete', there)
    }
  }
  try {
    for (const name of names) connect(name)
  } catch (error) {
    undo()
    throw error
  }
  return { home: names[0]?.home ?? '', machines: names.map(toMachine), [Symbol.dispose]: undo }
}

/** What a process made that was killed before it could take it away. */
function sweep(): void {
  const namespaces = existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : []
  for (const name of namespaces) {
    const pid = /^pl(\d+)n\d+$/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) for (const words of [`link delete ${name.replace('n', 'c')}`, `netns delete ${name}`]) tryIp(...words.split(' '))
  }
}

const NAMESPACES = '/run/netns'

interface Names {
  /** Of the namespace. */
  readonly there: string
  /** Of the cable's end here. */
  readonly cable: string
  readonly home: string
  readonly address: string
}

function connect({ there, cable, home, address }: Names): void {
  ip('netns', 'add', there)
  ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', there)
  ip('addr', 'add', `${home}/30`, 'dev', cable)
  ip('link', 'set', cable, 'up')
  for (const words of ['link set lo up', `addr add ${address}/30 dev eth0`, 'link set eth0 up', `route add default via ${home}`]) ip('-n', there, ...words.split(' '))
}

function toMachine({ there, cable, address }: Names): LabMachine {
  return {
    address,
    argvThere: (argv) => ['nsenter', `--net=${NAMESPACES}/${there}`, '--', ...argv],
    cut: () => ip('-n', there, 'link', 'set', 'eth0', 'down'),
    slowDown: (bitsPerSecond) => void execFileSync('tc', ['qdisc', 'replace', 'dev', cable, 'root', 'tbf', 'rate', `${bitsPerSecond}bit`, 'burst', '32kbit', 'latency', '400ms']),
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** What was not made is not taken away. */
function tryIp(...args: readonly string[]): void {
  try {
    ip(...args)
  } catch {
    return
  }
}
