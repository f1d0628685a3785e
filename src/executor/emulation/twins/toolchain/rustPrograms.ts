import type { TwinCall } from '../setting/twinTable.ts'

/*
 * rustc has every target in it that its LLVM has, so the same package in the same version is a cross compiler, which uses
 * the step's own libraries of crates: they are by the same rustc, too. It is told in front of its arguments the target that
 * the step's makes code for by itself, and its root, which it would else take from where its library is. What runs in it is
 * of this machine: procedural macros are libraries that it would load, so wherever there is one among the crates that it
 * may look at, it is emulated. The linker that it starts is the step's own, as that of any other program.
 */

/** Stands in front of the arguments. */
export function frontOf(rustTarget: string): readonly string[] {
  return ['--sysroot', '/usr', '--target', rustTarget]
}

/** What it says of itself and of this machine, other targets, procedural macros themselves, what is kept for another call, and what is not for everybody. With values of `-C` and the like as arguments of their own, or behind their option. */
const REFUSED_VALUES = ['help', 'proc-macro', 'incremental', 'llvm-args', 'passes', 'profile-', 'instrument-', 'target-cpu=native', 'save-temps', 'remark', 'lto', 'linker-flavor', 'linker-plugin-lto', 'link-self-contained', 'rpath']
const REFUSED = ['-v', '--verbose', '-V', '--version', '-h', '--help', '--explain', '--print', '--target', '--sysroot', '-Z', '--codegen=', '--crate-type=proc-macro', ...REFUSED_VALUES, ...REFUSED_VALUES.map((value) => `-C${value}`), 'RUSTC_BOOTSTRAP=', 'RUSTC_FORCE', 'RUSTC_LOG=', 'RUSTC_OVERRIDE', 'RUST_TARGET_PATH=']

export const RUST_CALL: TwinCall = { names: ['rustc'], refused: REFUSED, loading: ['-L'] }
