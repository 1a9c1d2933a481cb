"""One photo being edited, without a page, a server or a command: what every host of it shares.

========================  ======================================================================
:mod:`~.session`          a photo, its scene, its edit with history, events, exports
:mod:`~.history`          the steps of an edit
:mod:`~.scenes`           which full-size scenes stay in memory
:mod:`~.payloads`         what a page needs to render a photo itself
:mod:`~.kept_layers`      of those, what stays in memory
:mod:`~.jobs`             work in the background that reports itself and can be stopped
:mod:`~.kept`             edits on disk, by photo
:mod:`~.recipe`           name and size of a result's file
:mod:`~.memory`           what closed photos leave is given back to the system
========================  ======================================================================

The studio is a host: it adds pages, their requests and their uploads.
"""

from defocus.session.session import Event, Session

__all__ = ["Event", "Session"]
