set -ex
clang -O2 -g -Wall -MD -c a.c -o a.o
clang++ -O2 -g -c t.cc -o t.o
printf "#define X 3\n.globl q\nq: .word X\n" > p.S; clang++ -O0 t.cc p.S -o t -save-temps=obj
clang-19 -O1 -c math.c -o math.o
clang a.o -o a -lm; ./a
clang a.o -fuse-ld=lld -o alld -lm; ./alld
mkdir -p inc; echo '#define NAMED 5' > inc/named.h; echo 'int n = NAMED; int main(){return n-5;}' > n.c; echo '-O3 -Iinc -include named.h' > rsp
clang @rsp -flto n.c -o nlto
clang++ @rsp -flto=thin -x c++ n.c -fuse-ld=lld -o nthin
clang @rsp -S -emit-llvm n.c -o n.ll; clang -c n.ll -o nll.o
clang -E -dD n.c -include inc/named.h -o n.i
clang -Os -fopenmp -fPIC -shared n.c @rsp -nostdlib -o libn.so || true
echo 'int v; template <class T> T w(T a) { return a; }' > pc.h; clang++ -x c++-header pc.h -o pc.h.pch; printf '#define Q\nint main(){return w(v);}\n' > pc.cc; clang++ -include pc.h -c pc.cc -o pc.o
clang --version > version
printf 'int main(){ int q; return x; }' > bad.c; clang -Wall -c bad.c 2> err || true; clang++ nosuch.cc 2>> err || true; clang 2>> err || true
