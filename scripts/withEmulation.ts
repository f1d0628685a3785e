import { spawnSync } from 'node:child_process'
import { readCpu } from '../src/executor/emulation/cpu.ts'
import { createEmulation } from '../src/executor/emulation/emulation.ts'

/*
 * Runs a program with the emulators registered that Pelago's steps have. To be started inside the namespaces of
 * pelago-ns: `pelago-ns -- node scripts/withEmulation.ts PROGRAM ARGS`.
 */
createEmulation(readCpu(), process.env)
const [program = '', ...args] = process.argv.slice(2)
const { status, error } = spawnSync(program, args, { stdio: 'inherit' })
if (error !== undefined) throw error
process.exitCode = status ?? 1
