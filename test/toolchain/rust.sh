set -ex
[ -e /usr/bin/cc ] || ln -s gcc /usr/bin/cc
export HOME=/tmp CARGO_NET_OFFLINE=true
alias rust='rustc --edition 2021 -C opt-level=1'
rustc --edition 2021 -O -g --crate-type lib shapes.rs
rustc --edition 2021 -O -g -L dependency=. --extern shapes=libshapes.rlib use.rs; ./use
rust --crate-type lib -o first.rlib tiny.rs
rust --crate-type lib -C codegen-units=1 -C overflow-checks=on --emit asm,llvm-ir,mir,obj,metadata,dep-info tiny.rs
rust --crate-type cdylib -C link-arg=-Wl,--build-id -o shared tiny.rs
rust --remap-path-prefix /t=/elsewhere -g -C force-frame-pointers -C target-feature=+lse -C target-cpu=cortex-a72 --crate-type lib -o other.rlib tiny.rs
echo 'fn main() { let x: u8 = "no"; y }' | rustc - 2> errors || true; rustc nosuch.rs 2>> errors || true; rustc --error-format=json -L . --extern none use.rs 2>> errors || true
printf -- '--crate-type\nlib\n-o\na b.rlib\n' > arguments; rust @arguments tiny.rs
rustc --print cfg > told; rustc -vV >> told
mkdir -p macros/src app/src; cp tiny.rs app/src/
printf '[package]\nname = "macros"\nversion = "0.1.0"\nedition = "2021"\n[lib]\nproc-macro = true\n' > macros/Cargo.toml
printf 'use proc_macro::TokenStream;\n#[proc_macro_derive(Named)]\npub fn named(_: TokenStream) -> TokenStream { "impl Item { fn name() -> &%sstatic str { \\"item\\" } }".parse().unwrap() }\n' "'" > macros/src/lib.rs
printf '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\nbuild = "build.rs"\n[dependencies]\nmacros = { path = "../macros" }\n' > app/Cargo.toml
printf 'fn main() { println!("cargo:rustc-env=BUILT={}", std::env::var("TARGET").unwrap()); assert!(std::process::Command::new("cc").args(["-c", "/t/a.c", "-O2", "-o", "/t/a.o"]).status().unwrap().success()); }\n' > app/build.rs
printf 'mod tiny;\n#[derive(macros::Named)]\nstruct Item;\nfn main() { println!("{} {} {}", Item::name(), env!("BUILT"), tiny::checksum(b"abc")); }\n' > app/src/main.rs
(cd app; cargo build --quiet --release; ./target/release/app; rm -r target/.rustc_info.json)
rm -rf /tmp/.cargo
