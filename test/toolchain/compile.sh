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
