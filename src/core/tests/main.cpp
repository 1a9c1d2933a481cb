// Runs every test, or those whose name holds a word that is given. Then says the bits of two pictures
// as one number: other_systems.sh compares it between systems and processors.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include "check.hpp"
#include "scene.hpp"

// FNV-1a over the bits of a round picture and one with blades and cat-eye.
static std::uint64_t pictures() {
    std::uint64_t hash = 14695981039346656037u;
    for (const defocus::Aperture& aperture : {defocus::Aperture({}), defocus::Aperture({6, 0.2, 0.1, 0.4, 0.9})}) {
        defocus::Renderer renderer({2, true, 0, false});
        defocus::Scene scene(270, 200);
        for (const float value : defocus::rendered(scene, aperture, renderer)) {
            std::uint32_t bits;
            std::memcpy(&bits, &value, sizeof bits);
            hash = (hash ^ bits) * 1099511628211u;
        }
    }
    return hash;
}

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
    std::cout << "pictures " << std::hex << pictures() << '\n';
    return run == 0 || check::failures() != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
