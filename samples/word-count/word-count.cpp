// Counts a word in a file. Both are named by headers of the request: File and Word.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

namespace {

/** A header of the request as CGI passes it on, or the text instead. */
std::string header(const char *name, const char *otherwise)
{
    const char *value = std::getenv(name);
    return value == nullptr ? otherwise : value;
}

int answer(int status, const std::string &text)
{
    std::printf("Status: %d\nContent-Type: text/plain; charset=utf-8\n\n%s\n", status, text.c_str());
    return 0;
}

std::string lower(std::string word)
{
    for (char &c : word)
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    return word;
}

/** How often each word occurs, whatever its case. */
std::map<std::string, int> count_words(std::istream &text)
{
    std::map<std::string, int> counts;
    std::string word;
    for (char c; text.get(c);) {
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '\'') {
            word += c;
        } else if (!word.empty()) {
            counts[lower(word)]++;
            word.clear();
        }
    }
    if (!word.empty()) counts[lower(word)]++;
    return counts;
}

} // namespace

int main()
{
    const std::string name = header("HTTP_FILE", "poem.txt");
    const std::string word = header("HTTP_WORD", "");
    std::ifstream file("/texts/" + name);
    if (!file) return answer(404, name + ": no such file in /texts");
    auto counts = count_words(file);
    if (!word.empty()) return answer(200, word + ": " + std::to_string(counts[lower(word)]));

    std::string all;
    for (const auto &[one, count] : counts)
        if (count > 1) all += one + ": " + std::to_string(count) + "\n";
    return answer(200, all);
}
