"""Runs a command to its end and writes what it took, as JSON, to a file:

    python3 measure.py RESULT PROGRAM [ARGUMENT...]

A wrapper of its own because the numbers of finished children add up over the life of a process, and because one with little
memory is needed: a child inherits the peak of the process that it was forked from.
"""

import json
import resource
import subprocess
import sys
import time

result, *command = sys.argv[1:]
begin = time.monotonic()
exit_code = subprocess.Popen(command, stdin=subprocess.DEVNULL).wait()
wall_seconds = time.monotonic() - begin
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
rss_unit_bytes = 1 if sys.platform == "darwin" else 1024
with open(result, "w") as file:
    json.dump(
        {
            "exitCode": exit_code,
            "wallSeconds": wall_seconds,
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
            "peakRssBytes": usage.ru_maxrss * rss_unit_bytes,
        },
        file,
    )
