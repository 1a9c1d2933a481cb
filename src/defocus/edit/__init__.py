"""Every choice of a portrait: as a record, as JSON, as flags and Python words, in files.

========================  ======================================================================
:mod:`~.record`           the frozen records themselves
:mod:`~.methods`          the table of methods
:mod:`~.text`             to and from JSON
:mod:`~.words`            a flag for each choice, and what a choice of words does to an edit
:mod:`~.commands`         the command and the Python lines that make an edit
:mod:`~.files`            edits on disk
:mod:`~.looks`            parts of an edit with a name, for other photos
========================  ======================================================================
"""

from defocus.edit.record import (
    PLAIN_MODES,
    PORTRAIT_HIGHLIGHTS,
    Edit,
    Focus,
    FocusMode,
    Mask,
    Stroke,
)
from defocus.formats.output import Output
from defocus.quality import Quality

__all__ = [
    "PLAIN_MODES",
    "PORTRAIT_HIGHLIGHTS",
    "Edit",
    "Focus",
    "FocusMode",
    "Mask",
    "Output",
    "Quality",
    "Stroke",
]
