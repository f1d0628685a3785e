#include <stdio.h>
#include <stdlib.h>
#include <stdarg.h>
#include <math.h>
int f(int n, ...) { va_list a; va_start(a, n); int s = 0; while (n--) s += va_arg(a, int); va_end(a); return s; }
int main(int c, char **v) { char b[c * 16 + 64]; snprintf(b, sizeof b, "%d %s %f", f(3,1,2,c), __FILE__, sin(c)); puts(b); return 0; }
