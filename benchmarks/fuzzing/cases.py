"""Inputs, as files that can be run again."""

import io
import json
from typing import NamedTuple
from zipfile import ZipFile

from .mutations import zipped

SPEC = "input.json"  # member that says what to do with the others


class Case(NamedTuple):
    """An input: files by their names, and options in types of JSON."""

    target: str
    files: dict
    options: dict

    def to_bytes(self):
        """Return the input as a zip archive."""
        spec = {"target": self.target, "options": self.options}
        return zipped({SPEC: json.dumps(spec).encode()} | self.files)

    @classmethod
    def from_bytes(cls, data):
        """Read what `to_bytes` has written."""
        with ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        spec = json.loads(members.pop(SPEC))
        return cls(spec["target"], members, spec["options"])

    def write(self, folder):
        """Write the files into a folder."""
        for name, content in self.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
