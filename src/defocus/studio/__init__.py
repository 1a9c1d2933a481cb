"""The studio: a local web page where a person focuses and blurs photos and exports them.

:class:`defocus.studio.server.Studio` is the server; the page in ``static/`` renders the preview
itself with WebGL2 and asks the server only for depth, for pixels, and for the export.
"""
