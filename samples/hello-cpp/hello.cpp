// Greets in several languages. No CGI: what is printed is the body.
#include <cstdio>
#include <string>
#include <vector>

int main()
{
    const std::vector<std::string> greetings{"Hello", "Bonjour", "Hallo", "Ciao", "こんにちは"};
    for (const auto &greeting : greetings) std::printf("%s from C++.\n", greeting.c_str());
}
