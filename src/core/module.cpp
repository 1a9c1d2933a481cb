#include <nanobind/nanobind.h>

NB_MODULE(_core, m) { m.doc() = "The hot loop of defocus.render.lens."; }
