import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeLarge } from '../layerExport.ts'
import type { Scale } from '../../scenario.ts'
import type { Workload } from '../emulated.ts'

/** Those of compilers and package managers, all offline: what they install is in the image or in the context. */
export const LARGE_WORKLOADS: readonly Workload[] = [
  { name: 'xz -6', image: 'tools', command: () => 'xz -6 < data > /dev/null', write: (folder, scale) => writeLarge(join(folder, 'data'), scale === 'full' ? 16 : 4) },
  { name: 'apt install', image: 'debs', command: () => 'DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-download --no-install-recommends gcc libc6-dev make xz-utils' },
  { name: 'C compile', image: 'compilers', toolchain: 'cross', command: () => 'gcc -O2 -c program.c -o /program.o', write: (folder, scale) => writeFileSync(join(folder, 'program.c'), writeProgram(scale === 'full' ? 500 : 100)) },
  { name: 'pip install', image: 'tools', command: () => 'pip install --quiet --no-index --no-build-isolation --no-deps --break-system-packages ./package', write: (folder, scale) => writePackage(join(folder, 'package'), scale === 'full' ? 200 : 40) },
  { name: 'npm ci', image: 'tools', command: () => 'npm ci --offline --silent --no-audit --no-fund', write: writeNpmProject },
  { name: 'Go build', image: 'tools', command: () => 'GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -o /program .', write: writeGoProgram },
  { name: 'cargo build', image: 'rust', toolchain: 'rust-cross', command: () => 'cargo build --quiet --release --offline', write: (folder, scale) => writeCargoProject(folder, scale === 'full' ? 12 : 2) },
]

/** Functions with loops, branches and floating point, that an optimizer has work with. */
function writeProgram(functions: number): string {
  const bodies = Array.from({ length: functions }, (_, index) => [
    `double f${index}(const int *in, double *out, int n) {`,
    `  double sum = ${index}.5;`,
    '  for (int i = 1; i < n; i++) {',
    `    switch ((in[i] ^ ${index}) & 7) { case 0: sum += in[i - 1] * 3.25; break; case 1: sum -= out[i]; break; case 5: sum *= 1.0001; break; default: sum += i % (n + ${index} % 13 + 1); }`,
    `    if (sum > ${1000 + index}) { out[i] = sum / n; sum = out[i - 1]; } else out[i] += sum;`,
    '  }',
    '  return sum;',
    '}',
  ].join('\n'))
  return `${bodies.join('\n')}\n`
}

function writePackage(folder: string, modules: number): void {
  mkdirSync(join(folder, 'many'), { recursive: true })
  writeFileSync(join(folder, 'setup.py'), "from setuptools import setup\nsetup(name='many', version='1.0', packages=['many'])\n")
  writeFileSync(join(folder, 'many/__init__.py'), '')
  for (let module = 0; module < modules; module += 1) {
    const functions = Array.from({ length: 40 }, (_, index) => `def f${index}(a, b=${module}, *rest):\n    return [a + x * b for x in rest if x % ${index + 1}]\n`)
    writeFileSync(join(folder, `many/m${module}.py`), functions.join('\n'))
  }
}

const NPM_PACKAGES: Readonly<Record<Scale, number>> = { small: 20, full: 60 }
const NPM_FILES = 40

/** A project with dependencies that are archives beside it, as they would be in npm's cache. */
function writeNpmProject(folder: string, scale: Scale): void {
  const names = Array.from({ length: NPM_PACKAGES[scale] }, (_, index) => `dependency${index}`)
  for (const name of names) writeNpmPackage(folder, name)
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:${name}.tgz`]))
  const project = { name: 'project', version: '1.0.0', dependencies }
  const locked = names.map((name) => [`node_modules/${name}`, { version: '1.0.0', resolved: `file:${name}.tgz` }] as const)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...project, lockfileVersion: 3, requires: true, packages: { '': project, ...Object.fromEntries(locked) } }))
}

function writeNpmPackage(folder: string, name: string): void {
  const unpacked = join(folder, name, 'package')
  mkdirSync(unpacked, { recursive: true })
  writeFileSync(join(unpacked, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'file0.js' }))
  for (let file = 0; file < NPM_FILES; file += 1) writeFileSync(join(unpacked, `file${file}.js`), `exports.f${file} = (a, b) => a + b * ${file}\n`.repeat(100))
  execFileSync('tar', ['-czf', join(folder, `${name}.tgz`), '-C', join(folder, name), 'package'])
  rmSync(join(folder, name), { recursive: true })
}

/** The small one is all runtime: what a program imports is compiled, too. */
function writeGoProgram(folder: string, scale: Scale): void {
  writeFileSync(join(folder, 'go.mod'), 'module program\n\ngo 1.19\n')
  writeFileSync(join(folder, 'main.go'), scale === 'small' ? 'package main\n\nfunc main() {\n\tprintln("hello")\n}\n' : 'package main\n\nimport (\n\t"encoding/json"\n\t"fmt"\n\t"os"\n\t"sort"\n)\n\nfunc main() {\n\tnames := append([]string{}, os.Args...)\n\tsort.Strings(names)\n\ttext, _ := json.Marshal(names)\n\tfmt.Println(string(text))\n}\n')
}

/** A program on a crate of many functions, some of whose source a build script writes. */
function writeCargoProject(folder: string, functions: number): void {
  const write = (path: string, ...lines: readonly string[]): void => writeFileSync(join(folder, path), `${lines.join('\n')}\n`)
  const numbers = Array.from({ length: functions }, (_, index) => index)
  for (const path of ['src', 'numbers/src']) mkdirSync(join(folder, path), { recursive: true })
  write('Cargo.toml', '[package]', 'name = "program"', 'version = "0.1.0"', 'edition = "2021"', '[dependencies]', 'numbers = { path = "numbers" }')
  write('numbers/Cargo.toml', '[package]', 'name = "numbers"', 'version = "0.1.0"', 'edition = "2021"', 'build = "build.rs"')
  write('numbers/build.rs', 'fn main() {', `    let names: Vec<String> = (0..${functions}).map(|n| format!("pub const N{n}: i64 = {n};")).collect();`, '    std::fs::write(std::path::Path::new(&std::env::var("OUT_DIR").unwrap()).join("names.rs"), names.join("\\n")).unwrap();', '}')
  write('numbers/src/lib.rs', 'pub mod names { include!(concat!(env!("OUT_DIR"), "/names.rs")); }', ...numbers.flatMap((index) => [
    `pub fn f${index}(input: &[i64], output: &mut Vec<f64>) -> f64 {`,
    `    let mut sum = ${index}.5;`,
    '    for (index, &value) in input.iter().enumerate().skip(1) {',
    `        match (value ^ names::N${index}) & 7 { 0 => sum += input[index - 1] as f64 * 3.25, 1 => sum -= output.get(index).copied().unwrap_or_default(), 5 => sum *= 1.0001, _ => sum += (index % (input.len() + ${(index % 13) + 1})) as f64 }`,
    `        if sum > ${1000 + index}.0 { output.push(sum / input.len() as f64); }`,
    '    }',
    '    sum',
    '}',
  ]))
  write('src/main.rs', 'fn main() {', '    let (input, mut output): (Vec<i64>, _) = ((0..1000).collect(), Vec::new());', '    let mut sum = 0.0;', ...numbers.map((index) => `    sum += numbers::f${index}(&input, &mut output);`), '    println!("{sum} {}", output.len());', '}')
}
