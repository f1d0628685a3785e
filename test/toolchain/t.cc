template <typename T> struct Node { T value; Node *next; Node(T v, Node *n) : value(v), next(n) {} virtual ~Node() {} virtual T get(T by) const { return value * by; } };
template <typename T> struct List { Node<T> *first = nullptr; void add(T v) { first = new Node<T>(v, first); } template <typename F> T fold(T from, F f) const { for (auto *n = first; n; n = n->next) from = f(from, n->get(3)); return from; } };
struct Error { int code; };
template <int N> constexpr int fib() { if constexpr (N < 2) return N; else return fib<N - 1>() + fib<N - 2>(); }
float scale(float *to, const float *from, int n) { float sum = 0; for (int i = 0; i < n; i++) sum += to[i] = from[i] * 1.7f + 2; return sum; }
int main(int count, char **) { List<int> l; List<double> d; for (int i = 0; i < count + 5; i++) l.add(i), d.add(i / 7.0); try { if (l.fold(0, [](int a, int b) { return a + b; }) < 0) throw Error{fib<12>()}; } catch (const Error &e) { return e.code; } return d.fold(1, [](double a, double b) { return a + b; }) > 100; }
