"""Plain Python on Firehose's objects: unpack, split into documents, json, filter; one process, standard library.

python -m bench.peers.python_logs <raw> <out>
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from pathlib import Path

GROUP = "/aws/ssm/sessionlogs"


def main() -> None:
    """Time it. What is kept is counted, not written."""
    began = time.monotonic()
    decoder, seen, kept = json.JSONDecoder(), 0, 0
    for file in sorted(path for path in Path(sys.argv[1]).rglob("*") if path.is_file()):
        text = gzip.decompress(file.read_bytes()).decode()
        at = 0
        while at < len(text):
            document, at = decoder.raw_decode(text, at)
            seen += len(document["logEvents"])
            if document["logGroup"] == GROUP:
                kept += sum(1 for one in document["logEvents"] if json.loads(one["message"])["sessionData"])
    print(json.dumps({"seconds": time.monotonic() - began, "records": seen, "rows": kept}))


if __name__ == "__main__":
    main()
