"""Scripts of the demonstration page in Node, without any network."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from skseisfp import inference

FOLDER = Path(inference.__file__).parent / "_demo"
needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed"
)


def run_script(script, expression, value=None):
    """Value of an expression in which `script` and `value` are known, by JSON."""
    program = (
        "const script = require(process.argv[1]);"
        'const value = JSON.parse(require("fs").readFileSync(0));'
        f"process.stdout.write(JSON.stringify({expression}));"
    )
    done = subprocess.run(
        ["node", "-e", program, str(FOLDER / script)],
        input=json.dumps(value),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)
