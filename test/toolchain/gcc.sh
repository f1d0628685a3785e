set -ex
gcc -O2 -g -Wall -MD -c a.c -o a.o
g++ -O2 -g -MD -c b.cc -o b.o
gcc -O2 a.o -o a -lm
g++ b.o -o b
./a; ./b
gcc -E -O2 a.c -o a.i
gcc -O2 -save-temps -dumpdir st- -c a.c -o st.o
gcc -O2 -S a.c -o a.s; gcc -c a.s -o as.o
printf '#define X 3\n.globl q\nq: .word X\n' > p.S; gcc -c p.S -o p.o
gcc -O2 -pipe -c a.c -o ap.o
gcc -O2 -flto -c a.c -o al.o; gcc -O2 -flto al.o -o al -lm; g++ -O2 -flto b.cc -o bl
echo "-O2 -c a.c -o ar.o" > rsp; gcc @rsp
gcc -shared -fPIC -O1 a.c -o liba.so -Wl,-soname,liba.so.1 -Wl,-rpath,/opt/x -lm
gcc -static a.o -o astatic -lm
echo 'int v;' > pc.h; gcc pc.h; printf '#include "pc.h"\nint main(){return v;}\n' > pc.c; gcc -c pc.c -o pc.o; gcc -include pc.h -c pc.c -o pc2.o
gcc -fopenmp-simd -O3 -c a.c -o simd.o
gcc --coverage -c a.c -o cov.o
gcc -print-search-dirs > dirs; gcc -dumpmachine > machine; gcc -v > v 2>&1
gcc -c nosuch.c 2> err || true; printf 'int main(){ return x; }' > bad.c; gcc -c bad.c 2>> err || true; printf "int g(int q){int w;}" > w.c; gcc -Wall -Wextra -c w.c -o w.o 2>>err
ar rc lib.a a.o b.o; strip -o sa a
mkdir -p /usr/local/include; echo '#define LOC 7' > /usr/local/include/loc.h; printf '#include <loc.h>\nint l = LOC;' > l.c; gcc -c l.c -o l.o
# text that only went through the preprocessor, and how it marks headers
g++ -E b.cc -o b.ii; gcc -E -dM a.c -o macros; printf '#include <loc.h>\n#include <stddef.h>\nint z;\n' > e.cc; g++ -E e.cc -o e.ii; gcc -x c -E e.cc -o e.i; echo '#include <limits.h>' | gcc -E - > std.i; gcc -M a.c > deps
# headers that are named: a text, one that is in another folder, and one that was precompiled
mkdir -p inc; echo '#define NAMED 5' > inc/named.h; printf 'int n = NAMED;\n' > n.c; gcc -Iinc -include named.h -include inc/named.h -c n.c -o n.o; gcc -Iinc -include named.h -E n.c -o n.i
echo "-Iinc -DQ=1 '-DR=\"a b\"'" > crsp; printf 'int q = Q; const char *r = R;\n' > r.c; gcc @crsp -c r.c -o r.o
gcc -nostdinc -isystem "$(gcc -print-file-name=include)" -E e.cc -x c -o no.i 2> noerr || true; C_INCLUDE_PATH=inc:/usr/local/include gcc -Wmissing-include-dirs -Inone -E -o env.i l.c 2>> noerr; gcc --sysroot=/none -E l.c -o sys.i 2>> noerr || true
echo 'a.o -o "rsp app" -lm -Wl,-Map=rsp.map' > lrsp; gcc @lrsp; echo 'al.o -flto -O2 -o rsplto -lm' > lrsp2; gcc @lrsp2
printf 'int s(int n){int r=0;\n#pragma omp parallel for reduction(+:r) schedule(dynamic)\nfor(int i=0;i<n;i++)r+=i;return r;}\nint main(){return s(9)-36;}\n' > omp.c; gcc -fopenmp -O2 -g -c omp.c -o omp.o; gcc -fopenmp omp.o -o omp; OMP_NUM_THREADS=2 ./omp
# as projects do it: a script that asks the compiler, a makefile, and a cache that looks at preprocessed text
cat > Makefile <<'M'
CFLAGS = -O2 -g -include config.h -MMD
prog: prog.o more.o
	$(CC) -o $@ $^ -lm
M
printf '#include <stdio.h>\n#ifdef HAVE_SIN\n#include <math.h>\n#endif\nint more(void);int main(){return more();}\n' > prog.c; echo 'int more(void){return HAVE_SIN - 1;}' > more.c
printf 'char sin();int main(){return sin();}' > conftest.c; if gcc conftest.c -o conftest -lm 2> conftest.err; then echo '#define HAVE_SIN 1' > config.h; fi; echo '#include <nosuch.h>' > conftest.c; gcc -E conftest.c > conftest.i 2>> conftest.err || echo '#define NO_SUCH 1' >> config.h
make -s CC=gcc; ./prog
CCACHE_DIR=/tmp/cc CCACHE_NODIRECT=1 ccache gcc -O2 -c a.c -o c1.o; CCACHE_DIR=/tmp/cc CCACHE_NODIRECT=1 ccache gcc -O2 -c a.c -o c2.o; CCACHE_DIR=/tmp/cc ccache --print-stats | grep -E '^(preprocessed_cache_hit|cache_miss)' > ccstats; rm -r /tmp/cc
