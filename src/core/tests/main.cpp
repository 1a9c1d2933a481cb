// Runs every test, or those whose name holds a word that is given.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "check.hpp"

int main(int argc, char** argv) {
    int run = 0;
    for (const check::Test& test : check::tests()) {
        if (argc > 1 && test.name.find(argv[1]) == std::string::npos) continue;
        const int before = check::failures();
        try {
            test.body();
        } catch (const std::exception& error) {
            ++check::failures();
            std::cerr << "threw: " << error.what() << '\n';
        }
        ++run;
        if (check::failures() != before) std::cerr << "FAILED: " << test.name << '\n';
    }
    std::cout << run << " tests, " << check::failures() << " faults\n";
    return run == 0 || check::failures() != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
