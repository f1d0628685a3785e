#include <math.h>
/* Values that clang works out itself, by the mathematical library of where it runs. */
#define ONE(x) \
	*to++ = sin(x); *to++ = cos(x); *to++ = tan(x); *to++ = exp(x); *to++ = log(x); *to++ = atan(x); *to++ = asin(x); *to++ = acos(x); *to++ = sinh(x); *to++ = cosh(x); *to++ = tanh(x); \
	*to++ = exp2(x); *to++ = log2(x); *to++ = log10(x); *to++ = pow(x, 1.3); *to++ = pow(x, 7.1); *to++ = atan2(x, .3); *to++ = fmod(7.3, x); *to++ = expf(x); *to++ = logf(x); *to++ = sinf(x); *to++ = cosf(x); *to++ = tanf(x); *to++ = powf(x, 1.7f);
#define SIX(x) ONE(x) ONE((x) + .0137) ONE((x) + .0271) ONE((x) + .0413) ONE((x) + .0619) ONE((x) + .0877)
void values(double *to) { SIX(.013) SIX(.117) SIX(.219) SIX(.331) SIX(.441) SIX(.557) SIX(.671) SIX(.787) SIX(.883) }
