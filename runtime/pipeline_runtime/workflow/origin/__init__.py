"""Workflows of the guide's origin (root `workflow:`, steps with a `name`), read as today's.

`translate.py` turns the data of such a file into that of today's format, before anything is checked. The
places of the keys go with it, so that errors name the lines of the file as it stands; what is ignored,
assumed or not supported yet becomes a notice. Nothing else of the program knows that there is another format.
"""
