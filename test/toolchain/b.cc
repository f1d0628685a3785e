#include <iostream>
#include <vector>
#include <map>
#include <string>
#include <algorithm>
int main() { std::map<std::string, std::vector<int>> m; m["a"] = {3, 1, 2}; for (auto &[k, v] : m) { std::sort(v.begin(), v.end()); for (int i : v) std::cout << k << i << '\n'; } }
