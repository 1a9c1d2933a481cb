#!/usr/bin/env python3
"""GIMP 3: Filters › Blur › Portrait mode (defocus). Calls the command ``defocus``.

The folder ``defocus`` with this file goes into GIMP's plug-ins folder, the file made executable.
"""

import os
import subprocess
import sys
import tempfile

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio, GLib  # noqa: E402

PROCEDURE = "plug-in-defocus"
COMMAND = os.environ.get("DEFOCUS_COMMAND", "defocus")


class Defocus(Gimp.PlugIn):
    """One procedure: the image goes out as PNG, the portrait comes back as a layer on top."""

    def do_query_procedures(self):
        return [PROCEDURE]

    def do_set_i18n(self, name):
        return False

    def do_create_procedure(self, name):
        made = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, self.run, None)
        made.set_image_types("RGB*, GRAY*")
        made.set_menu_label("_Portrait mode (defocus)…")
        made.add_menu_path("<Image>/Filters/Blur")
        made.set_documentation("Portrait mode", "Blur the background as a fast lens would", name)
        made.set_attribution("defocus", "defocus", "2026")
        return made

    def run(self, procedure, mode, image, drawables, config, data):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}{os.sep}image.png"
            copy = image.duplicate()
            copy.flatten()
            Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, copy, Gio.File.new_for_path(path), None)
            copy.delete()
            # The studio where somebody can look at it, else the usual look.
            words = ["edit", "--keep-original", "no", path]
            if mode == Gimp.RunMode.NONINTERACTIVE:
                words = ["blur", path, "-o", path + ".png"]
            try:
                done = subprocess.run([COMMAND, *words], capture_output=True, text=True)
            except OSError as error:
                return self.failed(procedure, f"{COMMAND}: {error.strerror}: install defocus")
            if done.returncode == 1 and words[0] == "edit":
                return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, GLib.Error())
            if done.returncode != 0:
                return self.failed(procedure, done.stderr)
            result = Gio.File.new_for_path(words[-1])
            layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, result)
            layer.set_name("Portrait")
            image.insert_layer(layer, None, 0)
        Gimp.displays_flush()
        return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())

    def failed(self, procedure, text):
        status = Gimp.PDBStatusType.EXECUTION_ERROR
        return procedure.new_return_values(status, GLib.Error(text))


Gimp.main(Defocus.__gtype__, sys.argv)
