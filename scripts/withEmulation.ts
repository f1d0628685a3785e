import { readCpu } from '../src/executor/emulation/cpu.ts'
import { createEmulation } from '../src/executor/emulation/emulation.ts'

/*
 * Becomes a program with the emulators registered that Pelago's steps have, as they are: without what Pelago tells them. To be started inside the namespaces of
 * pelago-ns: `pelago-ns -- node scripts/withEmulation.ts PROGRAM ARGS`.
 */
createEmulation(readCpu(), process.env)
if (process.execve === undefined) throw new Error('this Node cannot become another program')
process.execve('/usr/bin/env', ['env', ...process.argv.slice(2)], process.env)
