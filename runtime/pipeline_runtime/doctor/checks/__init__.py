"""From facts to findings: one pure function a subject."""
